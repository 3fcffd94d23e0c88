using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Variables;

namespace OrleansFlow.Decisions.Variables;

/// <summary>The operations on a run's variables. Pure: each is accepted as a whole or changes nothing.</summary>
/// <param name="detector">Says which values look like secrets.</param>
/// <param name="blocksSensitive">True: an operation with such a value is refused. False: it is counted.</param>
public sealed class VariableRules(ISensitiveValueDetector detector, bool blocksSensitive)
{
    /// <summary>Writes values at paths. Keys may have dots, values may be objects; both lead to the same paths.</summary>
    /// <param name="variables">The variables before.</param>
    /// <param name="values">A JSON object. An empty object in it writes nothing.</param>
    /// <returns>Refused when a path is written twice, or leads through a value that is no object.</returns>
    public VariableOutcome Set(RunVariables variables, JsonElement values) => Write(variables, values, mayReplace: false);

    /// <summary>Lays an object over the variables, member by member; what is not an object replaces what is there, also an object.</summary>
    public VariableOutcome Merge(RunVariables variables, JsonElement values) => Write(variables, values, mayReplace: true);

    /// <summary>Adds to a number; one that is missing counts as 0.</summary>
    /// <param name="variables">The variables before.</param>
    /// <param name="path">Where; its names are checked, their number is not limited.</param>
    /// <param name="by">A finite number, also negative, or a truth value for 1 or 0.</param>
    public static VariableOutcome Increment(RunVariables variables, string path, JsonElement by)
    {
        ArgumentNullException.ThrowIfNull(variables);
        ArgumentNullException.ThrowIfNull(path);
        var (segments, problem) = VariablePath.Split(path, int.MaxValue);
        if (problem is not null)
        {
            return Refuse(variables, problem);
        }

        if (by.ValueKind is not (JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
        {
            return Refuse(variables, $"'{path}' cannot grow by {by.GetRawText()}; give a number.");
        }

        if (BlockedAt(variables, segments) is { } blocked)
        {
            return Refuse(variables, blocked);
        }

        var node = variables.At(segments);
        if (node is { } existing && (existing.Branch is not null || existing.Leaf.ValueKind != JsonValueKind.Number))
        {
            return Refuse(variables, $"'{path}' is no number, so it cannot grow; set it first.");
        }

        return Sum(node?.Leaf, by) is { } sum
            ? new VariableOutcome(variables.With(segments, sum), [path], 0, null)
            : Refuse(variables, $"'{path}' would no longer be a finite number.");
    }

    /// <summary>Removes paths, and the objects that this leaves empty. A path that leads nowhere counts as touched.</summary>
    public static VariableOutcome Unset(RunVariables variables, IReadOnlyCollection<string> paths)
    {
        ArgumentNullException.ThrowIfNull(variables);
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count > VariableLimits.PathsMax)
        {
            return Refuse(variables, TooMany(paths.Count));
        }

        var after = variables;
        foreach (var path in paths)
        {
            var (segments, problem) = VariablePath.Split(path, VariableLimits.SegmentsMax);
            if (problem is not null)
            {
                return Refuse(variables, problem);
            }

            after = after.Without(segments);
        }

        return new VariableOutcome(after, [.. paths.Order(StringComparer.Ordinal)], 0, null);
    }

    private VariableOutcome Write(RunVariables variables, JsonElement values, bool mayReplace)
    {
        ArgumentNullException.ThrowIfNull(variables);
        if (values.ValueKind != JsonValueKind.Object)
        {
            return Refuse(variables, $"variables are written as a JSON object of names and values, not as {values.ValueKind}.");
        }

        var leaves = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Flatten(values, "", leaves, 0) is { } problem)
        {
            return Refuse(variables, problem);
        }

        if (leaves.Count > VariableLimits.PathsMax)
        {
            return Refuse(variables, TooMany(leaves.Count));
        }

        var after = variables;
        var hits = 0;
        var written = RunVariables.Empty;
        foreach (var (path, value) in leaves)
        {
            var (segments, fault) = VariablePath.Split(path, VariableLimits.SegmentsMax);
            fault ??= ProblemOf(path, value) ?? BlockedAt(written, segments) ?? (mayReplace ? null : BlockedAt(after, segments));
            if (fault is not null)
            {
                return Refuse(variables, fault);
            }

            if (detector.IsSensitive(path, value))
            {
                hits++;
                if (blocksSensitive)
                {
                    return Refuse(variables, $"the value of '{path}' looks like a secret; keep it out of the variables, or raise the detector's threshold.") with { SensitiveHits = hits };
                }
            }

            written = written.With(segments, value);
            after = after.With(segments, value.Clone());
        }

        var bytes = Encoding.UTF8.GetByteCount(after.ToJson());
        return bytes > VariableLimits.TotalBytesMax
            ? Refuse(variables, $"the run's variables would have {bytes} bytes; at most {VariableLimits.TotalBytesMax} are allowed. Write an artifact for more.")
            : new VariableOutcome(after, [.. leaves.Keys], hits, null);
    }

    /// <summary>The leaves of an object by path; returns why it cannot be.</summary>
    private static string? Flatten(JsonElement values, string prefix, SortedDictionary<string, JsonElement> leaves, int depth)
    {
        if (depth > VariableLimits.SegmentsMax)
        {
            return $"'{prefix}' is nested deeper than {VariableLimits.SegmentsMax} names.";
        }

        foreach (var member in values.EnumerateObject())
        {
            var path = prefix.Length == 0 ? member.Name : $"{prefix}.{member.Name}";
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                if (Flatten(member.Value, path, leaves, depth + 1) is { } problem)
                {
                    return problem;
                }
            }
            else if (!leaves.TryAdd(path, member.Value))
            {
                return $"'{path}' is written twice; keep one.";
            }
        }

        return null;
    }

    private static string? ProblemOf(string path, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                var bytes = Encoding.UTF8.GetByteCount(value.GetString()!);
                return bytes > VariableLimits.TextBytesMax
                    ? $"the text at '{path}' has {bytes} bytes; at most {VariableLimits.TextBytesMax} are allowed."
                    : null;
            case JsonValueKind.Number:
                return double.IsFinite(value.GetDouble()) ? null : $"the number at '{path}' is too large.";
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(item => ProblemOf(path, item)).FirstOrDefault(problem => problem is not null);
            default:
                return null;
        }
    }

    /// <summary>Why a path cannot be written: it leads through a value, or ends at an object.</summary>
    private static string? BlockedAt(RunVariables variables, string[] segments)
    {
        for (var length = 1; length < segments.Length; length++)
        {
            if (variables.At(segments.AsSpan(0, length)) is { Branch: null })
            {
                return $"'{string.Join('.', segments.Take(length))}' is a value, so it has no '{segments[length]}'; unset it first, or merge.";
            }
        }

        return variables.At(segments) is { Branch: not null }
            ? $"'{string.Join('.', segments)}' is an object; unset it first, or merge."
            : null;
    }

    /// <summary>Whole numbers are added as such while they fit, so that a counter does not lose its last digits.</summary>
    private static JsonElement? Sum(JsonElement? before, JsonElement by)
    {
        var step = by.ValueKind == JsonValueKind.Number ? by : Parse(by.ValueKind == JsonValueKind.True ? "1" : "0");
        var start = before ?? Parse("0");
        if (start.TryGetInt64(out var a) && step.TryGetInt64(out var b) && !((b > 0 && a > long.MaxValue - b) || (b < 0 && a < long.MinValue - b)))
        {
            return Parse((a + b).ToString(CultureInfo.InvariantCulture));
        }

        var sum = start.GetDouble() + step.GetDouble();
        return double.IsFinite(sum) ? Parse(sum.ToString("R", CultureInfo.InvariantCulture)) : null;
    }

    private static JsonElement Parse(string json) => JsonElement.Parse(json);

    private static string TooMany(int count) => $"{count} paths in one operation; at most {VariableLimits.PathsMax} are allowed. Split it.";

    private static VariableOutcome Refuse(RunVariables variables, string why) => new(variables, ImmutableArray<string>.Empty, 0, why);
}
