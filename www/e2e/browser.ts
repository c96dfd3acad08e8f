/** Starts the browser that the tests and the benchmark drive: headless, quiet, and with WebGPU even without a GPU. */
import { type Browser, chromium } from 'playwright-core';

/** Where `cargo xtask` serves the page: ends in a slash, and is not the host's root. */
export const siteUrl = fromEnvironment('SDL_URL');

const FLAGS = [
  // SwiftShader where there is no GPU, or none that the browser trusts.
  '--enable-unsafe-webgpu',
  // The browser's own business with other hosts.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  // A name that is asked for by mistake must not be answered from outside.
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: fromEnvironment('CHROME'),
    headless: true,
    // Chromium's sandbox refuses to start as root, as which containers run.
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS,
  });
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: run this by \`cargo xtask test --only e2e\` or \`cargo xtask bench\``);
  return value;
}
