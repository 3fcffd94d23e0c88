using OrleansFlow.Graphs;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Cuts a node's output into parts that can be fetched side by side and keep their order.</summary>
internal static class RunEndpoints
{
    /// <summary>Bytes after which a part is long enough for a ticket of its own.</summary>
    public const long PartBytes = 64L * 1024 * 1024;

    // Each part is a ticket in one answer.
    private const int PartsMax = 256;

    /// <summary>The parts in order; null when the output is too scattered to be named in tickets.</summary>
    public static IReadOnlyList<IReadOnlyList<ArtifactSpan>>? Cut(IReadOnlyList<ArtifactRef> batches)
    {
        var partBytes = Math.Max(PartBytes, batches.Sum(batch => batch.Bytes) / (PartsMax / 2));
        var parts = new List<IReadOnlyList<ArtifactSpan>>();
        var part = new List<ArtifactSpan>();
        var bytes = 0L;
        foreach (var batch in batches)
        {
            var span = ArtifactSpan.Of(batch.TaskIndex, batch.Index, batch.Path);
            var goesOn = part.Count > 0 && part[^1].IsFollowedBy(span);
            if (part.Count > 0 && (bytes >= partBytes || (!goesOn && part.Count == ArtifactSpan.SpansMax)))
            {
                parts.Add(part);
                part = [];
                bytes = 0;
                goesOn = false;
            }

            if (goesOn)
            {
                part[^1] = part[^1] with { Last = span.Last };
            }
            else
            {
                part.Add(span);
            }

            bytes += batch.Bytes;
        }

        if (part.Count > 0)
        {
            parts.Add(part);
        }

        return parts.Count <= PartsMax ? parts : null;
    }
}
