/** Items named instead of repeated: found in the response they belong to, or refused by their place. */
import { describe, expect, it } from '@jest/globals';
import { Refusal } from '../../../api/middleware/refusal.ts';
import { parseResponses } from '../../../providers/dialects/responses-schema.ts';
import { resolveReferences } from '../../../api/routes/item-references.ts';

const ULID = '01J0000000000000000000000A';
const OUTPUT = [
  { type: 'reasoning', id: `rs_${ULID}_0`, summary: [] },
  { type: 'message', id: `msg_${ULID}_1`, role: 'assistant', content: [] },
];

function reading(): { readonly asked: string[]; readonly read: (id: string) => Promise<string | undefined> } {
  const asked: string[] = [];
  const read = (id: string): Promise<string | undefined> => {
    asked.push(id);
    return Promise.resolve(id === `resp_${ULID}` ? JSON.stringify({ output: OUTPUT }) : undefined);
  };
  return { asked, read };
}

function reference(id: string): object {
  return { type: 'item_reference', id };
}

describe('an item that is referred to', () => {
  it('takes the place of its reference, and its response is read once', async () => {
    const { asked, read } = reading();
    const said = { role: 'user', content: 'Go on.' };
    const input = [reference(`rs_${ULID}_0`), reference(`msg_${ULID}_1`), said];
    const without = OUTPUT.map(({ id: _id, ...item }) => item);
    expect(await resolveReferences({ model: 'm', input }, read)).toEqual({ model: 'm', input: [...without, said] });
    expect(asked).toEqual([`resp_${ULID}`]);
  });

  it.each([`msg_${ULID}_7`, 'msg_01J0000000000000000000000B_0'])(
    'is refused by its place when there is none such (%j)',
    async (id) => {
      const refused = await resolveReferences({ input: ['a', reference(id)] }, reading().read).catch(
        (reason: unknown) => reason,
      );
      expect(refused).toBeInstanceOf(Refusal);
      expect((refused as Refusal).failure).toMatchObject({ code: 'not_found', param: 'input[1].id' });
    },
  );

  it('is looked for in a limited number of responses', async () => {
    const many = Array.from({ length: 101 }, (_, index) => reference(`msg_${String(index).padStart(26, '0')}_0`));
    const { asked, read } = reading();
    await expect(resolveReferences({ input: many }, read)).rejects.toBeInstanceOf(Refusal);
    expect(asked).toEqual([]);
  });

  it('costs no read where nothing is referred to', async () => {
    const { asked, read } = reading();
    for (const body of ['Hello', { input: 'Hello' }, { input: [{ role: 'user', content: 'Hello' }] }])
      expect(await resolveReferences(body, read)).toBe(body);
    expect(asked).toEqual([]);
  });

  it.each(['msg_somebody_elses', 'msg_68af4030baa48193', 'rs_1', '', 7])(
    'stays for the schema to refuse where this gateway never gave its id (%j)',
    async (id) => {
      const body = { input: [{ type: 'item_reference', id }] };
      const resolved = await resolveReferences(body, reading().read);
      expect(resolved).toEqual(body);
      expect(parseResponses({ model: 'm', ...body })).toMatchObject({ refused: { param: 'input[0].type' } });
    },
  );
});
