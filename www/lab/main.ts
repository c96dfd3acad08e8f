/** The theory lab: a head, the list of its rooms, and the room that the address names, fetched when it is entered. */
import { html, nothing, render } from 'lit';
import { themeCss } from '../theme';
import labCss from './lab.css?inline';
import { Pool } from './pool';
import { ROOMS, type Room } from './rooms';

const sheet = new CSSStyleSheet();
sheet.replaceSync(`${themeCss} ${labCss}`);
document.adoptedStyleSheets.push(sheet);

const root = document.getElementById('lab') as HTMLElement;
const pool = new Pool();
let leave: (() => void) | undefined;
/** Counts entries: a room that comes late must not open over a later one. */
let entered = 0;

/** The address is `#room` or `#room?what=the&room=wants`. */
async function enter(): Promise<void> {
  const mine = ++entered;
  const [id, query = ''] = location.hash.slice(1).split('?');
  const room = ROOMS.find((room) => room.id === id) ?? ROOMS[0];
  leave?.();
  leave = undefined;
  pool.cancel();
  document.title = `${room.title} · Theory lab · SDL explorer`;
  frame(room, 'Loading…');
  try {
    const { open } = await room.load();
    if (mine !== entered) return;
    const at = document.createElement('div');
    frame(room, nothing);
    root.querySelector('.room')?.replaceChildren(at);
    leave = open(at, { pool, query: new URLSearchParams(query) });
  } catch (error) {
    if (mine === entered) frame(room, `This room could not be opened: ${String(error)}`);
  }
}

function frame(room: Room, notice: unknown): void {
  root.querySelector('.room')?.replaceChildren();
  const link = (other: Room) =>
    html`<li><a href="#${other.id}" aria-current=${other === room ? 'page' : nothing}>${other.title}</a></li>`;
  const page = html`
    <header>
      <h1>Theory lab</h1>
      <a href="./index.html">to the explorer</a>
    </header>
    <nav aria-label="Rooms"><ul>${ROOMS.map(link)}</ul></nav>
    <main>
      <h2>${room.title}</h2>
      <p class="about">${room.about}</p>
      <p class="notice" role="status" ?hidden=${notice === nothing}>${notice}</p>
      <div class="room"></div>
    </main>
    <footer>
      The theory is that of <a href="https://arxiv.org/abs/2512.05534">arXiv 2512.05534</a>. What is
      computed here is computed in your browser.
    </footer>
  `;
  render(page, root);
}

addEventListener('hashchange', enter);
enter();
