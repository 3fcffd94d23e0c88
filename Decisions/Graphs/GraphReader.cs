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
    /// <summary>A list, because an object has few members; no more than there are known ones.</summary>
    private readonly List<(string Name, JsonElement Value)> _members = new(4);
    private readonly List<FlowProblem> _problems;
    private readonly GraphReader? _owner;
    private readonly string _name;
    private readonly int _index;

    public GraphReader(JsonElement element, string path, ImmutableArray<string> known, List<FlowProblem> problems)
        : this(element, null, path, -1, known, problems)
    {
    }

    /// <summary>A reader of an item of a list; where it is, is written out only when there is something to say.</summary>
    public GraphReader(JsonElement element, GraphReader? owner, string list, int index, ImmutableArray<string> known, List<FlowProblem> problems)
    {
        (_owner, _name, _index, _problems) = (owner, list, index, problems);
        foreach (var member in element.EnumerateObject())
        {
            var name = member.Name;
            if (!known.AsSpan().Contains(name))
            {
                Note(GraphProblemCodes.UnknownField, PathOf(name), $"'{name}' is not a member here; known: {string.Join(", ", known)}.");
            }
            else if (TryFind(name, out _))
            {
                Note(GraphProblemCodes.BadValue, PathOf(name), $"'{name}' is written twice; keep one.");
            }
            else
            {
                _members.Add((name, member.Value));
            }
        }
    }

    private string Path => field ??= _owner is null ? _name : _owner.PathOf(string.Create(CultureInfo.InvariantCulture, $"{_name}[{_index}]"));

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public void Note(string code, string path, string message)
    {
        if (_problems.Count < GraphLimits.ProblemCountMax)
        {
            _problems.Add(new FlowProblem(code, path, message));
        }
    }

    /// <summary>The member, unless it is missing or null.</summary>
    public bool TryGet(string name, out JsonElement value) => TryFind(name, out value) && value.ValueKind != JsonValueKind.Null;

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

    public string Choice(string name, string fallback, params ReadOnlySpan<string> allowed)
    {
        if (!TryGet(name, out var value))
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()!))
        {
            return value.GetString()!;
        }

        Expected(name, $"one of '{string.Join("', '", allowed!)}'", value);
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

    private bool TryFind(string name, out JsonElement value)
    {
        foreach (var member in _members)
        {
            if (member.Name == name)
            {
                value = member.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public static string BadIdMessage(string text, string what) =>
        $"'{(text.Length > 40 ? text[..40] + "..." : text)}' is not a {what}: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.";

    private static string Shown(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length > 40 ? $"{raw[..40]}..." : raw;
    }
}
