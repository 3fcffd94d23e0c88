using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <content>Pages of what a run holds.</content>
internal sealed partial class GraphRunGrain
{
    public Task<TaskPage> GetTasksAsync(string node, int begin, int limit, CancellationToken cancellationToken)
    {
        RequireRun();
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, RunView.ShownTasksMax);
        if (OneOf(node) is var (owner, one))
        {
            var page = RunViews.Tasks(_pump.Committed, RequireNode(owner), one, 1);
            return Task.FromResult(page.Tasks.Count > 0 ? page with { Next = null } : throw new FlowException(FlowErrorCode.NotFound, $"Node '{owner}' of run '{_id}' has no task {one}."));
        }

        int? only = node.Length == 0 ? null : RequireNode(node);
        return Task.FromResult(_pump.Committed.Exists ? RunViews.Tasks(_pump.Committed, only, begin, limit) : new TaskPage { Tasks = [] });
    }

    public Task<ArtifactPage> GetArtifactsAsync(string node, int begin, int limit, CancellationToken cancellationToken)
    {
        RequireRun();
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ArtifactPage.BatchesMax);
        return Task.FromResult(RunViews.Artifacts(_pump.Committed, RequireNode(node), begin, limit));
    }

    /// <summary>One task of a node as people write it: <c>node[3]</c>; null for anything else.</summary>
    private static (string Node, int Index)? OneOf(string text) =>
        text.EndsWith(']') && text.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket
        && int.TryParse(text.AsSpan(bracket + 1, text.Length - bracket - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (text[..bracket], index)
            : null;
}
