import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { formatProblems, loadConfig } from '../../../activities/config/load.ts';
import { PROVIDERS, writeFiles } from './files.ts';

const words = fc.constantFrom(
  ...'model_list litellm_params model_name model model_info id router_settings fallbacks model_group_alias retry_policy holdfast temporal'.split(
    ' ',
  ),
  ...'general_settings master_key database_url include credential_list credential_values litellm_credential_name environment_variables'.split(
    ' ',
  ),
  ...'* openai/* openai/gpt-4o os.environ/NO os.environ/YES a __proto__ constructor 30s'.split(' '),
  '',
);
const leaf = fc.oneof(words, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(words, tie('tree'), { maxKeys: 6 }),
  ),
}));

it('never throws, whatever stands at any place, and says where each problem is', () => {
  const path = join(writeFiles({}), 'config.yaml');
  fc.assert(
    fc.property(fc.dictionary(words, tree, { maxKeys: 8 }), (value) => {
      writeFileSync(path, stringify(value));
      const result = loadConfig({ path, env: { YES: 'yes' }, providers: PROVIDERS });
      const problems = [...(result.ok ? [] : result.problems), ...result.warnings];
      if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of problems) expect(problem.message).not.toBe('');
      expect(typeof formatProblems(problems)).toBe('string');
    }),
    { numRuns: 300 },
  );
});
