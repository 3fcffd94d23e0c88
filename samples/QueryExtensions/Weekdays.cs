using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Samples.QueryExtensions;

/// <summary>The rows of <c>FROM weekdays(first := 1)</c>: number and name of each day.</summary>
internal static class Weekdays
{
    private static readonly ArrowSchema Schema = new(new ArrowField("day", ArrowType.Int64), new ArrowField("name", ArrowType.Utf8));

    public static TableRows From(long first) => new(Schema, token => ReadAsync(first, token)) { EstimatedRowCount = 7 };

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        using var builder = new RecordBatchBuilder(Schema);
        for (var day = 0; day < 7; day++)
        {
            builder.AppendRow(first + day, ((DayOfWeek)day).ToString());
        }

        yield return builder.Build();
    }
}
