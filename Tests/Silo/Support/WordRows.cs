using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>Rows of a word from a dictionary of ten and a number.</summary>
internal static class WordRows
{
    public static readonly ArrowSchema Schema = new(
        new ArrowField("word", ArrowType.Dictionary(ArrowType.Int32, ArrowType.Utf8)), new ArrowField("n", ArrowType.Int32, isNullable: false));

    /// <summary>Batches with equal dictionaries; row i has the word w(i mod 10). <paramref name="rows"/> is a multiple of ten.</summary>
    public static async IAsyncEnumerable<RecordBatch> BatchesAsync(int batches, int rows)
    {
        await Task.CompletedTask;
        for (var index = 0; index < batches; index++)
        {
            yield return Batch(index * rows, rows);
        }
    }

    public static RecordBatch Batch(int first, int rows)
    {
        using var builder = new RecordBatchBuilder(Schema);
        for (var number = first; number < first + rows; number++)
        {
            builder.AppendRow($"w{number % 10}", number);
        }

        return builder.Build();
    }
}
