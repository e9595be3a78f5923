/** How workflow code is bundled: once by the build, and at start where there was none. */
import { bundleWorkflowCode, type BundleOptions, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

const nothing = (): void => undefined;

/** The SDK's own modules hold no state of a workflow; shared by all, they need not be run again for each, which took a third of its time. */
const PRELOADED: readonly string[] = ['@temporalio/common', '@temporalio/workflow'];

/** Errors: workflow code reaches something that is not deterministic; the message lists it. */
export async function bundleWorkflows(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  const options: BundleOptions = {
    workflowsPath,
    preloadModules: [...PRELOADED],
    logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  };
  return bundleWorkflowCode(options);
}
