/** What a command may do with the run's token at GitHub, and which GraphQL mutations belong to it. */

/** From the least to the most. Each includes those before it. */
export const GITHUB_ACCESS_LEVELS = ['read', 'comment', 'write'] as const;
export type GithubAccessLevel = (typeof GITHUB_ACCESS_LEVELS)[number];

/** `custom`: only the user's own rules count. */
export type GithubAccess = GithubAccessLevel | 'custom';

/** The option that sets it. */
export const GITHUB_ACCESS_OPTION = 'github-access';

/** Members that a mutation's input may only have with one of these values. */
export type InputValues = Readonly<Record<string, readonly string[]>>;

/**
 * To say something without changing the state of anything. An edit leaves the old text in the comment's history. A deletion
 * does not, so it needs `write`.
 */
const COMMENT = [
  ...['addComment', 'updateIssueComment'],
  ...['addDiscussionComment', 'updateDiscussionComment'],
  ...['addPullRequestReview', 'addPullRequestReviewThread', 'addPullRequestReviewThreadReply'],
  ...['submitPullRequestReview', 'updatePullRequestReview', 'updatePullRequestReviewComment'],
  ...['addReaction', 'removeReaction'],
];

/** A review at `comment` is a comment. An approval can open the way for a merge, and a request for changes block it. */
const REVIEW: InputValues = { event: ['COMMENT'] };
const COMMENT_INPUTS: Readonly<Record<string, InputValues>> = {
  addPullRequestReview: REVIEW,
  submitPullRequestReview: REVIEW,
};

/**
 * The everyday work of a contributor. What is not here passes at no level: settings, members, keys, rule sets, branch
 * protection, environments and deployments, transfers, forks, archiving, and the deletion of issues.
 */
const WRITE = [
  ...['createIssue', 'updateIssue', 'closeIssue', 'reopenIssue', 'createLinkedBranch'],
  ...['addSubIssue', 'removeSubIssue', 'reprioritizeSubIssue'],
  ...['createPullRequest', 'updatePullRequest', 'closePullRequest', 'reopenPullRequest', 'revertPullRequest'],
  ...['markPullRequestReadyForReview', 'convertPullRequestToDraft', 'updatePullRequestBranch'],
  ...['mergePullRequest', 'enablePullRequestAutoMerge', 'disablePullRequestAutoMerge'],
  ...['enqueuePullRequest', 'dequeuePullRequest'],
  ...['requestReviews', 'requestReviewsByLogin', 'dismissPullRequestReview', 'deletePullRequestReview'],
  ...['resolveReviewThread', 'unresolveReviewThread'],
  ...['addLabelsToLabelable', 'removeLabelsFromLabelable', 'clearLabelsFromLabelable', 'createLabel', 'updateLabel'],
  ...['addAssigneesToAssignable', 'removeAssigneesFromAssignable', 'replaceActorsForAssignable'],
  ...['deleteIssueComment', 'deletePullRequestReviewComment', 'deleteDiscussionComment', 'minimizeComment'],
  ...['createDiscussion', 'updateDiscussion', 'closeDiscussion', 'markDiscussionCommentAsAnswer'],
  ...['createCommitOnBranch', 'createRef', 'updateRef', 'deleteRef', 'mergeBranch'],
];

const ADDED: Readonly<Record<GithubAccessLevel, readonly string[]>> = { read: [], comment: COMMENT, write: WRITE };

const upTo = (level: GithubAccessLevel): readonly GithubAccessLevel[] =>
  GITHUB_ACCESS_LEVELS.slice(0, GITHUB_ACCESS_LEVELS.indexOf(level) + 1);

export interface GraphqlRule {
  /** Names of the fields of `Mutation`: https://docs.github.com/en/graphql/reference/mutations */
  readonly mutations: readonly string[];
  /** By mutation, members of its input that may only have some values. */
  readonly inputs?: Readonly<Record<string, InputValues>>;
}

/** What a rule for the GraphQL endpoint has at a level. */
export function graphqlRule(level: GithubAccessLevel): GraphqlRule {
  const mutations = upTo(level).flatMap((each) => ADDED[each]);
  return level === 'comment' ? { mutations, inputs: COMMENT_INPUTS } : { mutations };
}

/** The least level at which a mutation passes with any input; undefined if there is none. */
export function levelForMutation(name: string): GithubAccessLevel | undefined {
  return GITHUB_ACCESS_LEVELS.find((level) => {
    const { mutations, inputs } = graphqlRule(level);
    return mutations.includes(name) && inputs?.[name] === undefined;
  });
}
