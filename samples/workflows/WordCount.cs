using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Fan-out: one item for each document, counted on as many workers as there are, and summed up when the last one is in. What is counted goes into the
/// context, where the counts of branches that run at the same time are merged; only the documents' names travel through the join.
/// </summary>
internal static class WordCount
{
    /// <summary>Where the documents are.</summary>
    internal interface IDocuments
    {
        Task<string> ReadAsync(string name, CancellationToken cancellationToken);
    }

    public static WorkflowDefinition<IReadOnlyList<string>, Summary, MergeMap<GrowCounter>> Define(IDocuments documents)
    {
        var flow = new Workflow<MergeMap<GrowCounter>>("word-count");
        var sum = flow.Node<IReadOnlyList<string>, Summary>("sum", (names, scope) =>
        {
            var words = scope.Context.Values.OrderByDescending(word => word.Value.Value).ThenBy(word => word.Key, StringComparer.Ordinal);
            return new Summary(names.Count, [.. words.Take(3).Select(word => $"{word.Key} {word.Value.Value}")]);
        }).End();
        var join = flow.Join<string>("join", JoinRule.All).To(sum);
        var count = flow.Node<string, string>("count", async (name, scope, cancellationToken) =>
        {
            foreach (var word in (await documents.ReadAsync(name, cancellationToken)).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                scope.Context = scope.Context.Change(word, counter => counter.Add(scope.Writer));
            }

            return name;
        }).To(join);
        return flow.Start(flow.Split<IReadOnlyList<string>, string>("split", names => names).To(count)).Build<IReadOnlyList<string>, Summary>();
    }

    /// <summary>How many documents, and their most frequent words.</summary>
    internal sealed record Summary(int Documents, IReadOnlyList<string> Top);
}
