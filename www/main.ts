/** The page: defines the element and gives the document the explorer's colours. */
import './explorer';
import { themeCss } from './theme';

const sheet = new CSSStyleSheet();
sheet.replaceSync(`${themeCss} body { margin: 0; background: var(--sdl-paper); }`);
document.adoptedStyleSheets.push(sheet);
