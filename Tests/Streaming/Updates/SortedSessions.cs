using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Sessions as a loop over the sorted rows finds them.</summary>
/// <param name="events">The rows.</param>
/// <param name="keys">Columns of the key.</param>
/// <param name="gap">Microseconds without a row that end a session.</param>
internal sealed class SortedSessions(WindowEvents events, int[] keys, long gap)
{
    /// <summary>Of a row of results the key, the count, the start and the end.</summary>
    public static string BoundsOf(string line, int keyCount)
    {
        var parts = line.Split('|');
        return string.Join('|', [.. parts[..(keyCount + 1)], parts[^3], parts[^2]]);
    }

    /// <summary>The sessions of some rows as of <see cref="BoundsOf"/>, sorted.</summary>
    public List<string> Of(IEnumerable<int> rows)
    {
        var sessions = new List<string>();
        foreach (var key in rows.GroupBy(row => string.Concat(keys.Select(column => events.TextOf(row, column) + "|"))))
        {
            var (start, last, count) = (0L, 0L, 0);
            foreach (var time in key.Select(events.TimeOf).Order().Append(long.MaxValue / 2))
            {
                if (count > 0 && time - last >= gap)
                {
                    sessions.Add($"{key.Key}{count}|{start}|{last + gap}");
                    count = 0;
                }

                (start, last, count) = (count == 0 ? time : start, time, count + 1);
            }
        }

        return [.. sessions.Order(StringComparer.Ordinal)];
    }
}
