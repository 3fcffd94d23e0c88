using System.Globalization;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>Rows as lines of values that can be compared, whoever wrote them: DuckDB's JSON and ours differ in how they write times and fractions.</summary>
internal static class LifeRows
{
    /// <summary>What a batch query gives, in order of the lines.</summary>
    public static async Task<List<string>> AskAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        await using var result = await session.QueryAsync($"SELECT to_json(golden_row)::VARCHAR FROM ({sql}) AS golden_row", null, cancellationToken);
        var lines = new List<string>();
        while (await result.ReadAsync(cancellationToken) is { } batch)
        {
            using (batch)
            {
                lines.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => LineOf(batch.Column<StringArray>(0).GetString(row)!)));
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>
    /// What all subtasks of a file sink wrote, in order of the lines. What is staged does not count. Of envelopes of Debezium it is what is left of them.
    /// </summary>
    public static List<string> Read(string folder, string sink)
    {
        var lines = new List<string>();
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder) : [])
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith(sink + ".json", StringComparison.Ordinal) && !name.Contains("staged", StringComparison.Ordinal))
            {
                lines.AddRange(File.ReadAllLines(file));
            }
        }

        lines = lines.Count > 0 && lines[0].StartsWith("{\"before\":", StringComparison.Ordinal) ? LeftOf(lines) : lines.ConvertAll(LineOf);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static List<string> LeftOf(List<string> envelopes)
    {
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in envelopes)
        {
            using var envelope = JsonDocument.Parse(line);
            var (before, after) = (envelope.RootElement.GetProperty("before"), envelope.RootElement.GetProperty("after"));
            Assert.Equal(before.ValueKind == JsonValueKind.Null ? "c" : after.ValueKind == JsonValueKind.Null ? "d" : "u", envelope.RootElement.GetProperty("op").GetString());
            foreach (var (row, count) in ((JsonElement, int)[])[(before, -1), (after, 1)])
            {
                if (row.ValueKind != JsonValueKind.Null)
                {
                    left[LineOf(row)] = left.GetValueOrDefault(LineOf(row)) + count;
                }
            }
        }

        Assert.DoesNotContain(left, row => row.Value < 0);
        return [.. left.SelectMany(row => Enumerable.Repeat(row.Key, row.Value))];
    }

    private static string LineOf(string json)
    {
        using var row = JsonDocument.Parse(json);
        return LineOf(row.RootElement);
    }

    private static string LineOf(JsonElement row)
    {
        return string.Join('|', row.EnumerateObject().Where(value => value.Name != "_timestamp").Select(value => Text(value.Value)));
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.GetDouble().ToString("G12", CultureInfo.InvariantCulture),
        JsonValueKind.String when value.GetString() is [>= '0' and <= '9', _, _, _, '-', _, _, '-', ..] text
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) => $"t{time.Ticks}",
        JsonValueKind.Object => string.Join(';', value.EnumerateObject().Select(one => $"{one.Name}={Text(one.Value)}")),
        JsonValueKind.Array => string.Join(';', value.EnumerateArray().Select(Text)),
        JsonValueKind.Null => "",
        _ => value.ToString(),
    };
}
