using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Text;

/// <summary>
/// Cuts this task's share of the file into batches of lines, the last of which may be shorter. A batch is a fixed range of line numbers, so
/// every attempt makes the same ones, and one that takes over begins after the last that stands.
/// </summary>
internal sealed class SplitHandler : RoleHandler
{
    private string _file = "";
    private int _linesPerTask;
    private int _linesPerBatch;
    private int _copies;
    private TimeSpan _pause;

    /// <inheritdoc/>
    public override bool ResumesAfterAccepted => true;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        _file = context.Files.TryGetValue("text", out var path)
            ? path
            : throw new FlowException(FlowErrorCode.BadInput, "The graph names no file 'text'; add it to 'files'.");
        if (!File.Exists(_file))
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"File 'text' does not exist on this worker: {_file}");
        }

        _linesPerTask = TextRows.Number(context, "lines_per_task", least: 1);
        _linesPerBatch = TextRows.Number(context, "lines_per_batch", least: 1);

        // A longer text, and a slower source: for trying out what a kill does.
        _copies = TextRows.Number(context, "copies", least: 1, otherwise: 1);
        _pause = TimeSpan.FromMilliseconds(TextRows.Number(context, "pause_ms", least: 0, otherwise: 0));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = await File.ReadAllLinesAsync(_file, cancellationToken);
        var end = Math.Min((context.TaskId.Index + 1L) * _linesPerTask, (long)lines.Length * _copies);
        var number = context.AcceptedBatchCount;
        for (var first = (context.TaskId.Index * (long)_linesPerTask) + ((long)number * _linesPerBatch); first < end; first += _linesPerBatch, number++)
        {
            await Task.Delay(_pause, context.Clock, cancellationToken);
            var rows = new List<object[]>();
            for (var line = first; line < Math.Min(first + _linesPerBatch, end); line++)
            {
                rows.Add([line, lines[line % lines.Length]]);
            }

            yield return new InputBatch(number.ToString(CultureInfo.InvariantCulture), TextRows.Batch(TextRows.Lines, rows));
        }
    }

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new BatchOutcome(batch.Batch!.Retain(), new Dictionary<string, double> { ["lines"] = batch.Batch.RowCount }));
}
