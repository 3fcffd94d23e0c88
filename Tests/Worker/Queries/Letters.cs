using System.Runtime.CompilerServices;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>The codec of <c>docs/worker.md</c>.</summary>
internal sealed class Letters : IPlanCodec
{
    private static readonly ArrowSchema Schema = new(new ArrowField("letter", ArrowType.Utf8));

    public string Name => "letters";

    public ValueTask<PlanNodeRows?> TryDecodeAsync(string node, ReadOnlyMemory<byte> body, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetString(body.Span);
        return ValueTask.FromResult(node == Name ? new PlanNodeRows(Schema, token => ReadAsync(text, token)) : null);
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var letter in text)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            using var builder = new RecordBatchBuilder(Schema);
            builder.AppendRow(letter.ToString());
            yield return builder.Build();
        }
    }
}
