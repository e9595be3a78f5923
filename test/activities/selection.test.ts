import { describe, expect, it } from '@jest/globals';
import type { Deployment } from '../../activities/config/config.ts';
import { selectByRegion, selectBySize, selectByTags } from '../../activities/selection.ts';
import { deployment } from '../support/deployment.ts';

const ids = (found: readonly Deployment[]): readonly string[] => found.map(({ id }) => id);

describe('tags', () => {
  const all = [
    deployment('free', { tags: ['free'] }),
    deployment('paid', { tags: ['paid', 'eu'] }),
    deployment('rest', { tags: ['default'] }),
    deployment('bare'),
  ];
  const any = (...asked: readonly string[]): readonly string[] => ids(selectByTags(all, asked, { matchAny: true }));
  const every = (...asked: readonly string[]): readonly string[] => ids(selectByTags(all, asked, { matchAny: false }));

  it('choose the deployments that have one of them, or all of them', () => {
    expect(any('free', 'eu')).toEqual(['free', 'paid']);
    expect(every('free', 'eu')).toEqual(['rest']);
    expect(every('paid', 'eu')).toEqual(['paid']);
  });

  it('that nobody has lead to the default, and so does having none', () => {
    expect(any('unheard-of')).toEqual(['rest']);
    expect(any()).toEqual(['rest']);
    expect(ids(selectByTags(all.slice(0, 2), ['unheard-of'], { matchAny: true }))).toEqual([]);
    expect(ids(selectByTags(all.slice(0, 2), [], { matchAny: true }))).toEqual(['free', 'paid']);
  });

  it('with a mark exclude or are required', () => {
    expect(any('!default')).toEqual(['free', 'paid', 'bare']);
    expect(any('paid', '!eu')).toEqual(['rest']);
    expect(any('&eu')).toEqual(['paid']);
  });
});

describe('the length of a prompt', () => {
  it('leaves out deployments that are known to take less', () => {
    const all = [deployment('small', { modelInfo: { max_input_tokens: 100 } }), deployment('unknown')];
    expect(ids(selectBySize(all, 100))).toEqual(['small', 'unknown']);
    expect(ids(selectBySize(all, 101))).toEqual(['unknown']);
  });
});

describe('a region', () => {
  it('leaves out deployments elsewhere and those whose place nobody knows', () => {
    const all = [
      deployment('west', { settings: { aws_region_name: 'eu-west-1' } }),
      deployment('us', { settings: { vertex_location: 'us-east5' } }),
      deployment('nowhere'),
    ];
    expect(ids(selectByRegion(all, 'eu'))).toEqual(['west']);
    expect(ids(selectByRegion(all, 'us-east5'))).toEqual(['us']);
  });
});
