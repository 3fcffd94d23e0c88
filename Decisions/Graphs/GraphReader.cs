using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Reads one JSON object member by member and notes every problem with its path, instead of stopping at the first.</summary>
/// <remarks>The document is walked by hand because a deserializer stops at the first fault and cannot name two.</remarks>
internal sealed class GraphReader
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly List<FlowProblem> _problems;
    private readonly string _path;

    public GraphReader(JsonElement element, string path, ImmutableArray<string> known, List<FlowProblem> problems)
    {
        _problems = problems;
        _path = path;
        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name, StringComparer.Ordinal))
            {
                Note(GraphProblemCodes.UnknownField, PathOf(member.Name), $"'{member.Name}' is not a member here; known: {string.Join(", ", known)}.");
            }
            else if (!_members.TryAdd(member.Name, member.Value))
            {
                Note(GraphProblemCodes.BadValue, PathOf(member.Name), $"'{member.Name}' is written twice; keep one.");
            }
        }
    }

    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public void Note(string code, string path, string message)
    {
        if (_problems.Count < GraphLimits.ProblemCountMax)
        {
            _problems.Add(new FlowProblem(code, path, message));
        }
    }

    /// <summary>The member, unless it is missing or null.</summary>
    public bool TryGet(string name, out JsonElement value) => _members.TryGetValue(name, out value) && value.ValueKind != JsonValueKind.Null;

    public string Id(string name, string what)
    {
        if (!TryGet(name, out var value))
        {
            Note(GraphProblemCodes.MissingField, PathOf(name), $"'{name}' ({what}) is required.");
            return "";
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Expected(name, "a text", value);
            return "";
        }

        var text = value.GetString()!;
        if (!IdText.IsValid(text))
        {
            Note(GraphProblemCodes.BadId, PathOf(name), BadIdMessage(text, what));
            return "";
        }

        return text;
    }

    /// <summary>A text that is not empty; null when it is missing.</summary>
    public string? Text(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0)
        {
            return value.GetString();
        }

        Expected(name, "a text", value);
        return null;
    }

    /// <summary>Notes each of the members that is there.</summary>
    public void Forbid(ReadOnlySpan<string> names, string why)
    {
        foreach (var name in names)
        {
            if (TryGet(name, out _))
            {
                Note(GraphProblemCodes.BadValue, PathOf(name), $"'{name}' does not belong here: {why}.");
            }
        }
    }

    public int Integer(string name, int fallback, int minimum, int maximum, string tooHighCode = GraphProblemCodes.BadValue)
    {
        if (!TryGet(name, out var value))
        {
            return fallback;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number < minimum)
        {
            Expected(name, $"a whole number from {minimum} to {maximum}", value);
            return fallback;
        }

        if (number > maximum)
        {
            Note(tooHighCode, PathOf(name), $"{number} is too high: at most {maximum}.");
            return fallback;
        }

        return number;
    }

    public double? Number(string name, double minimum, double maximum)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !(number >= minimum && number <= maximum))
        {
            Expected(name, string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"), value);
            return null;
        }

        return number;
    }

    public bool Truth(string name, bool fallback)
    {
        if (!TryGet(name, out var value))
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Expected(name, "true or false", value);
        return fallback;
    }

    public string Choice(string name, string fallback, params ImmutableArray<string> allowed)
    {
        if (!TryGet(name, out var value))
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()!, StringComparer.Ordinal))
        {
            return value.GetString()!;
        }

        Expected(name, $"one of '{string.Join("', '", allowed)}'", value);
        return fallback;
    }

    public JsonElement? FreeObject(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            // Outlives the document it was read from.
            return value.Clone();
        }

        Expected(name, "an object", value);
        return null;
    }

    public ImmutableArray<string> Texts(string name, ImmutableArray<string> fallback)
    {
        if (!TryGet(name, out var value))
        {
            return fallback;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Expected(name, "a list of texts", value);
            return fallback;
        }

        var texts = ImmutableArray.CreateBuilder<string>(value.GetArrayLength());
        var position = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                texts.Add(item.GetString()!);
            }
            else
            {
                Expected(string.Create(CultureInfo.InvariantCulture, $"{name}[{position}]"), "a text", item);
            }

            position++;
        }

        return texts.ToImmutable();
    }

    public void Expected(string name, string expected, JsonElement actual) =>
        Note(GraphProblemCodes.BadValue, PathOf(name), $"expected {expected}, found {Shown(actual)}.");

    public static string BadIdMessage(string text, string what) =>
        $"'{(text.Length > 40 ? text[..40] + "..." : text)}' is not a {what}: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.";

    private static string Shown(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length > 40 ? $"{raw[..40]}..." : raw;
    }
}
