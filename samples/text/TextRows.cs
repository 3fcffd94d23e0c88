using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Text;

/// <summary>The columns that travel between the nodes.</summary>
internal static partial class TextRows
{
    /// <summary>What <c>split</c> gives.</summary>
    public static readonly ArrowSchema Lines = new(new ArrowField("number", ArrowType.Int64, isNullable: false), new ArrowField("text", ArrowType.Utf8, isNullable: false));

    /// <summary>What <c>count</c> gives.</summary>
    public static readonly ArrowSchema Words = new(new ArrowField("word", ArrowType.Utf8, isNullable: false), new ArrowField("count", ArrowType.Int64, isNullable: false));

    /// <summary>What <c>score</c> gives.</summary>
    public static readonly ArrowSchema Scores = new(new ArrowField("number", ArrowType.Int64, isNullable: false), new ArrowField("words", ArrowType.Int64, isNullable: false));

    /// <summary>Makes a batch of rows.</summary>
    public static RecordBatch Batch(ArrowSchema schema, IEnumerable<object[]> rows)
    {
        using var builder = new RecordBatchBuilder(schema);
        foreach (var row in rows)
        {
            builder.AppendRow(row);
        }

        return builder.Build();
    }

    /// <summary>The words of a line, in lower case.</summary>
    public static List<string> WordsOf(string line)
    {
        var words = new List<string>();
        foreach (var match in Word().EnumerateMatches(line))
        {
            words.Add(line.Substring(match.Index, match.Length).ToLowerInvariant());
        }

        return words;
    }

    /// <summary>A whole number among the run's parameters.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it is missing without <paramref name="otherwise"/>, or below <paramref name="least"/>.</exception>
    public static int Number(RunContext context, string name, int least, int? otherwise = null)
    {
        if (context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty(name, out var value))
        {
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least
                ? number
                : throw new FlowException(FlowErrorCode.BadInput, $"Parameter '{name}' is {value.GetRawText()}; it must be a whole number of {least} or more.");
        }

        return otherwise ?? throw new FlowException(FlowErrorCode.BadInput, $"Parameter '{name}' is missing: a whole number of {least} or more.");
    }

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
