using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Text;

/// <summary>Puts the counts and the scores together: the most frequent words, and how long lines are.</summary>
internal sealed class MergeHandler : RoleHandler
{
    private readonly List<(string Word, long Count)> _words = [];
    private int _top;
    private long _lines;
    private long _wordsOfLines;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        _top = TextRows.Number(context, "top", least: 1);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var rows = batch.Batch!;
        if (rows.Schema.Fields[0].Name == "word")
        {
            var (words, counts) = (rows.Column("word"), rows.Column<Int64Array>("count"));
            for (var row = 0; row < rows.RowCount; row++)
            {
                _words.Add(((string)words.GetValue(row)!, counts.Values[row]));
            }
        }
        else
        {
            _lines += rows.RowCount;
            foreach (var words in rows.Column<Int64Array>("words").Values)
            {
                _wordsOfLines += words;
            }
        }

        return ValueTask.FromResult(BatchOutcome.None);
    }

    /// <inheritdoc/>
    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        var top = _words.OrderByDescending(word => word.Count).ThenBy(word => word.Word, StringComparer.Ordinal).Take(_top).ToList();
        var result = JsonSerializer.Serialize(new { lines = _lines, words = _wordsOfLines, distinct = _words.Count, top = top.Select(word => word.Word) });
        return ValueTask.FromResult(new FinalizeOutcome([TextRows.Batch(TextRows.Words, top.Select(word => new object[] { word.Word, word.Count }))], ResultJson: result));
    }
}
