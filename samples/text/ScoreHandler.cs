using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Text;

/// <summary>Says of each line how many words it has, while the text is still being split. Keeps nothing between batches.</summary>
internal sealed class ScoreHandler : RoleHandler
{
    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var numbers = batch.Batch!.Column<Int64Array>("number");
        var texts = batch.Batch.Column("text");
        var rows = new List<object[]>();
        for (var row = 0; row < batch.Batch.RowCount; row++)
        {
            rows.Add([numbers.Values[row], (long)TextRows.WordsOf((string)texts.GetValue(row)!).Count]);
        }

        return ValueTask.FromResult(new BatchOutcome(TextRows.Batch(TextRows.Scores, rows)));
    }
}
