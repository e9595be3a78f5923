/** Files by the official OpenAI client, against the built gateway. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { toFile } from 'openai';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';

let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startGateway({ config: { model_list: [] } });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
});

async function upload(text: string | Buffer, name = 'lines.jsonl'): Promise<OpenAI.FileObject> {
  return client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'batch' });
}

describe('a file', () => {
  it('comes back byte by byte, however many pieces it was stored in', async () => {
    const bytes = randomBytes(1024 * 1024 * 3 + 17);
    const file = await upload(bytes, 'größe.bin');
    expect(file).toMatchObject({
      object: 'file',
      bytes: bytes.length,
      filename: 'größe.bin',
      purpose: 'batch',
      status: 'processed',
    });
    expect(file.id).toMatch(/^file-[0-9A-Z]{26}$/);
    const content = await client.files.content(file.id);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect(await client.files.retrieve(file.id)).toEqual(file);
  });

  it('may be empty', async () => {
    const file = await upload('');
    expect(file.bytes).toBe(0);
    expect(await (await client.files.content(file.id)).text()).toBe('');
  });

  it('is gone once it was deleted', async () => {
    const { id } = await upload('x');
    expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    await expect(client.files.retrieve(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(client.files.content(id)).rejects.toMatchObject({ status: 404 });
    await expect(client.files.delete(id)).rejects.toMatchObject({ status: 404 });
  });

  it('expires when it was told to', async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from('x'), 'x'),
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds: 3_600 },
    });
    expect(file.expires_at).toBe(file.created_at + 3_600);
    const wrong = client.files.create({
      file: await toFile(Buffer.from('x'), 'x'),
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds: 1 },
    });
    await expect(wrong).rejects.toMatchObject({ status: 400, param: 'expires_after' });
  });
});

describe('the list of files', () => {
  it('has pages, an order and a filter', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const { id } = await client.files.create({ file: await toFile(Buffer.from(name), name), purpose: 'evals' });
      ids.push(id);
    }
    const listed: string[] = [];
    for await (const file of client.files.list({ purpose: 'evals', limit: 2, order: 'asc' })) listed.push(file.id);
    expect(listed).toEqual(ids);
    const newest = await client.files.list({ purpose: 'evals', limit: 1 });
    expect(newest.data.map(({ id }) => id)).toEqual(ids.slice(-1));
    expect(newest.has_more).toBe(true);
  });
});

describe('a form that is no upload', () => {
  it.each([
    [{ purpose: 'batch' }, 'file'],
    [{ file: new Blob(['x']) }, 'purpose'],
    [{ file: new Blob(['x']), purpose: 'nonsense' }, 'purpose'],
    [{ image: new Blob(['x']), purpose: 'batch' }, 'file'],
  ])('is refused by the name of what is wrong: %p', async (fields, param) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const answer = await fetch(`${gateway.url}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}` },
      body: form,
    });
    const { error } = (await answer.json()) as { error: { param: string } };
    expect([answer.status, error.param]).toEqual([400, param]);
  });

  it.each(['file', 'image'])(
    'that is cut off in the middle of %s is refused, and the process goes on',
    async (name) => {
      const cut = `--x\r\ncontent-disposition: form-data; name="${name}"; filename="a"\r\n\r\n${'a'.repeat(300_000)}`;
      const answer = await fetch(`${gateway.url}/v1/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'multipart/form-data; boundary=x' },
        body: cut,
      });
      expect(answer.status).toBe(400);
      await answer.text();
      expect((await fetch(`${gateway.url}/health/liveliness`)).status).toBe(200);
    },
  );

  it('may be cut off anywhere, or hold anything: the process goes on', async () => {
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n';
    const whole = `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n${head}abc\r\n--b--\r\n`;
    const bodies = [
      ...Array.from({ length: whole.length }, (_, end) => whole.slice(0, end)),
      head.replace('"file"', '"image"') + 'abc\r\n--b--',
      `${head}a\r\n${head}b\r\n--b--`,
      whole.replaceAll('\r\n', '\n'),
    ];
    const statuses = new Set<number>();
    for (const body of bodies) {
      const answer = await fetch(`${gateway.url}/v1/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'multipart/form-data; boundary=b' },
        body,
      });
      statuses.add(answer.status);
      await answer.arrayBuffer();
    }
    // The very last bytes may be missing: the boundary was there.
    expect([...statuses].filter((status) => status !== 200)).toEqual([400]);
    expect(gateway.running()).toBe(true);
  });

  it('leaves no file behind', async () => {
    const before = (await client.files.list()).data.length;
    const form = new FormData();
    form.append('file', new Blob([randomBytes(600_000)]));
    await fetch(`${gateway.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}` },
      body: form,
    });
    expect((await client.files.list()).data.length).toBe(before);
  });
});
