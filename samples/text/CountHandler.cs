using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Text;

/// <summary>
/// Counts the words that fall to this task, while the text is still being split. Sums are the same whatever the order in which batches come,
/// so an attempt that takes over gives the same rows.
/// </summary>
internal sealed class CountHandler : RoleHandler
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var texts = batch.Batch!.Column("text");
        for (var row = 0; row < batch.Batch.RowCount; row++)
        {
            foreach (var word in TextRows.WordsOf((string)texts.GetValue(row)!).Where(word => TaskOf(word, context.TaskCount) == context.TaskId.Index))
            {
                _counts[word] = _counts.GetValueOrDefault(word) + 1;
            }
        }

        return ValueTask.FromResult(BatchOutcome.None);
    }

    /// <inheritdoc/>
    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome([TextRows.Batch(TextRows.Words, _counts.Select(count => new object[] { count.Key, count.Value }))]));

    /// <summary>The same on every machine, which <see cref="string.GetHashCode()"/> is not.</summary>
    private static int TaskOf(string word, int taskCount) => (int)(word.Aggregate(17u, (hash, letter) => (hash * 31) + letter) % (uint)taskCount);
}
