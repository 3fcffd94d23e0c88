using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <content>What the attempts of a run read.</content>
internal sealed partial class GraphRunGrain
{
    public async IAsyncEnumerable<ArtifactRef> ReadInputsAsync(
        LeaseToken token, string node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var slot = RequireLease(token);
        var plan = _pump.Committed.Plan!;
        var parents = plan.Nodes[slot.Node].Edges.Select(edge => edge.Parent).ToList();
        var cursor = node.Length == 0 ? InputCursor.OfAll(plan.Nodes[slot.Node], slot.Index)
            : plan.Find(node) is { } parent && parents.Contains(parent.Index) ? InputCursor.OfOne(plan.Nodes[slot.Node], parents.IndexOf(parent.Index), slot.Index)
            : throw new FlowException(
                FlowErrorCode.BadInput, $"'{node}' is not a parent of '{plan.Nodes[slot.Node].Id}'; its parents: {string.Join(", ", parents.Select(one => plan.Nodes[one].Id))}.");
        await foreach (var artifact in FollowAsync(token, cursor, cancellationToken))
        {
            yield return artifact;
        }
    }

    public IAsyncEnumerable<ArtifactRef> PullInputsAsync(LeaseToken token, InputPull pull, CancellationToken cancellationToken)
    {
        var slot = RequireLease(token);
        var plan = _pump.Committed.Plan!;
        var edges = plan.Nodes[slot.Node].Edges;
        var ids = edges.Select(edge => plan.Nodes[edge.Parent].Id).ToList();
        var asked = pull.Nodes.Count == 0 ? [.. Enumerable.Range(0, edges.Length)] : pull.Nodes.Distinct(StringComparer.Ordinal).Select(id => ids.IndexOf(id)).ToArray();
        return Array.IndexOf(asked, -1) is >= 0 and var stranger
            ? throw new FlowException(
                FlowErrorCode.BadInputArgs, $"'{pull.Nodes[stranger]}' is not a parent of '{plan.Nodes[slot.Node].Id}'; its parents: {string.Join(", ", ids)}.")
            : FollowAsync(
                token,

                // A task of a scattered node has one batch of that parent, wherever it begins.
                plan.Nodes[slot.Node].Foreach?.Edge is null ? InputCursor.OfPull(plan.Nodes[slot.Node], asked, pull) : InputCursor.OfAll(plan.Nodes[slot.Node], slot.Index),
                cancellationToken);
    }

    /// <summary>What a cursor finds, until its end; a lease that is lost ends it at once.</summary>
    private async IAsyncEnumerable<ArtifactRef> FollowAsync(
        LeaseToken token, InputCursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            RequireLease(token);
            while (cursor.Next(_pump.Committed) is { } artifact)
            {
                yield return artifact;
            }

            if (cursor.IsAtEnd(_pump.Committed))
            {
                yield break;
            }

            await _signal.WaitAsync(cancellationToken);
        }
    }
}
