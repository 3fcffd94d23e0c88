using System.Globalization;
using OrleansFlow.Artifacts;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Data;

/// <summary>Batches of one task that follow each other and have one epoch: what a ticket names, as <c>TASK.FIRST-LAST.eEPOCH</c>.</summary>
/// <param name="Task">0-based within the node.</param>
/// <param name="First">Number of the first batch.</param>
/// <param name="Last">Number of the last batch.</param>
/// <param name="Epoch">Epoch of the lease under which they were accepted.</param>
internal readonly record struct ArtifactSpan(int Task, int First, int Last, long Epoch)
{
    /// <summary>Most spans of one ticket, so that it stays far below the longest that is read.</summary>
    public const int SpansMax = 24;

    /// <summary>Most batches of one ticket; more would be a node that no run can have.</summary>
    private const int BatchesMax = 1_000_000;

    /// <summary>The span of one batch.</summary>
    /// <exception cref="ArgumentException">The path is none that a store gives out.</exception>
    public static ArtifactSpan Of(int task, int index, string path)
    {
        var mark = path.LastIndexOf(".e", StringComparison.Ordinal);
        var end = path.LastIndexOf('.');
        return mark > 0 && end > mark && long.TryParse(path.AsSpan(mark + 2, end - mark - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? new ArtifactSpan(task, index, index, epoch)
            : throw new ArgumentException($"'{path}' is not the path of an artifact.", nameof(path));
    }

    /// <summary>Whether another one goes on where this one ends.</summary>
    public bool IsFollowedBy(ArtifactSpan next) => Task == next.Task && Epoch == next.Epoch && Last + 1 == next.First;

    /// <summary>The paths of the batches of a node in order.</summary>
    public static IEnumerable<string> PathsOf(RunId run, string node, IEnumerable<ArtifactSpan> spans)
    {
        foreach (var span in spans)
        {
            var task = TaskId.Parse(string.Create(CultureInfo.InvariantCulture, $"{run.Value}/{node}/{span.Task}"));
            for (var index = span.First; index <= span.Last; index++)
            {
                yield return ArtifactPath.Of(task, span.Epoch, index);
            }
        }
    }

    public static string Format(IEnumerable<ArtifactSpan> spans) => string.Join(',', spans);

    /// <summary>Reads what <see cref="Format"/> writes.</summary>
    public static bool TryParse(string text, out IReadOnlyList<ArtifactSpan> spans)
    {
        var read = new List<ArtifactSpan>();
        spans = read;
        var batches = 0L;
        foreach (var part in text.Split(','))
        {
            var fields = part.Split('.');
            if (fields.Length != 3 || !fields[2].StartsWith('e') || fields[1].Split('-') is not [var firstText, var lastText]
                || !TryInt(fields[0], out var task) || !TryInt(firstText, out var first) || !TryInt(lastText, out var last) || last < first
                || !long.TryParse(fields[2].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) || epoch < 1)
            {
                return false;
            }

            batches += (long)last - first + 1;
            read.Add(new ArtifactSpan(task, first, last, epoch));
        }

        return read.Count <= SpansMax && batches <= BatchesMax;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Task}.{First}-{Last}.e{Epoch}");

    private static bool TryInt(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
