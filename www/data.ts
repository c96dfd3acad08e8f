/** Real activations and what their rows say: fetched when asked for, once, with progress. */
import layersUrl from '/data/minilm-wordnet-layers.safetensors?url';
import mlpUrl from '/data/minilm-wordnet-mlp3.safetensors?url';
import rowsUrl from '/data/minilm-wordnet-rows.json?url';
import sentencesUrl from '/data/minilm-wordnet-sentences.safetensors?url';

interface Source {
  tensors: string;
  /** What its rows say; it may have fewer, from the first on. */
  rows: string;
  /** For whoever waits. */
  name: string;
  megabytes: number;
}

/** Only names of this list can be asked for, whatever a link says. */
const SETS: Record<string, Source> = {
  'minilm-wordnet-sentences': { tensors: sentencesUrl, rows: rowsUrl, name: 'sentence embeddings', megabytes: 3 },
  'minilm-wordnet-mlp3': { tensors: mlpUrl, rows: rowsUrl, name: 'what one layer’s MLP does', megabytes: 3.2 },
  'minilm-wordnet-layers': { tensors: layersUrl, rows: rowsUrl, name: 'activations of three layers', megabytes: 4.7 },
};

/** "sentence embeddings: 40 % of 3 MB". */
export function progressWords(name: string, share: number): string {
  const set = SETS[name];
  return set ? `${set.name}: ${Math.round(100 * share)} % of ${set.megabytes} MB` : name;
}

export interface DataSet {
  /** A safetensors file. */
  tensors: Uint8Array;
  texts: readonly (readonly [text: string, label: number])[];
}

const loaded = new Map<string, Promise<DataSet>>();

/** `progress`: share of the bytes, 0 … 1. A failed load may be tried again. */
export function dataSet(name: string, progress: (share: number) => void): Promise<DataSet> {
  let set = loaded.get(name);
  if (!set) {
    set = load(name, progress);
    set.catch(() => loaded.delete(name));
    loaded.set(name, set);
  }
  return set;
}

async function load(name: string, progress: (share: number) => void): Promise<DataSet> {
  const urls = SETS[name];
  if (!urls) throw new Error(`There is no data set “${name}”.`);
  const [tensors, texts] = await Promise.all([bytesOf(urls.tensors, progress), textsOf(urls.rows)]);
  return { tensors, texts };
}

async function bytesOf(url: string, progress: (share: number) => void): Promise<Uint8Array> {
  const response = await answered(url);
  const total = Number(response.headers.get('content-length') ?? 0);
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    length += part.value.length;
    // A compressed answer's length is not that of its content.
    if (total > 0) progress(Math.min(1, length / total));
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function textsOf(url: string): Promise<DataSet['texts']> {
  return (await answered(url)).json();
}

async function answered(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The data could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}
