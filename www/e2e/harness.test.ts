/** Holds the harness to what it promises: that what goes wrong on a page fails the test, and that there is WebGPU. */
import { expect, test } from 'vitest';
import { visit } from './harness';

const anywhere = { context: { bypassCSP: true } };

test('a request to another host is noticed, from the page and from a worker', async () => {
  const request = visit(
    '',
    async ({ page }) => {
      await page.evaluate(() => fetch('http://other.example/').catch(() => 0));
    },
    { ...anywhere, expectedErrors: /other\.example|ERR_NAME_NOT_RESOLVED/ },
  );
  await expect(request).rejects.toThrow('requests beyond the folder');

  const fromWorker = visit(
    '',
    async ({ page }) => {
      await page.evaluate(() => {
        const code = "fetch('http://other.example/').catch(() => 0).then(() => postMessage(0))";
        const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
        return new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
      });
    },
    { ...anywhere, expectedErrors: /other\.example|ERR_NAME_NOT_RESOLVED/ },
  );
  await expect(fromWorker).rejects.toThrow('requests beyond the folder');
});

test('a console error, an exception and a missing file are noticed', async () => {
  for (const wrong of ["console.error('wrong')", "setTimeout(() => { throw new Error('wrong') })", "fetch('wrong')"]) {
    const run = visit(
      '',
      async ({ page }) => {
        await page.evaluate((code) => {
          const script = document.createElement('script');
          script.textContent = code;
          document.body.append(script);
        }, wrong);
        await page.waitForTimeout(300);
      },
      anywhere,
    );
    await expect(run, wrong).rejects.toThrow('console errors');
  }
});

test('WebGPU computes, on the page and in a module worker', () =>
  visit(
    '',
    async ({ page }) => {
      const code = `(${double})().then(postMessage, (error) => postMessage(String(error)))`;
      const inWorker = page.evaluate((code) => {
        const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
        const worker = new Worker(url, { type: 'module' });
        return new Promise((resolve) =>
          worker.addEventListener('message', (event) => resolve(event.data), { once: true }),
        );
      }, code);
      expect(await page.evaluate(double)).toBe(126);
      expect(await inWorker).toBe(126);
    },
    anywhere,
  ));

/** Doubles 0 … 63 on the GPU and answers the last; runs in the browser, so it knows nothing of this file. */
async function double(): Promise<number> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter');
  const device = await adapter.requestDevice();
  const code = `@group(0) @binding(0) var<storage, read_write> a: array<f32>;
    @compute @workgroup_size(64) fn double(@builtin(local_invocation_index) i: u32) { a[i] = f32(i) * 2; }`;
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const [MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [1, 4, 8, 128];
  const result = device.createBuffer({ size: 256, usage: STORAGE | COPY_SRC });
  const readable = device.createBuffer({ size: 256, usage: COPY_DST | MAP_READ });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: result } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, readable, 0, 256);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(MAP_READ);
  return new Float32Array(readable.getMappedRange())[63];
}
