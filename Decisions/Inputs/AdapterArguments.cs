using System.Globalization;
using System.Text.Json;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>Judges the arguments of an input adapter by its schema. The same rules hold at submit and in the worker.</summary>
public static class AdapterArguments
{
    private const int ShownCharsMax = 40;

    /// <summary>Every problem of some arguments; empty when they are right.</summary>
    /// <param name="schema">What the adapter takes.</param>
    /// <param name="arguments">An object, or undefined or null for none.</param>
    /// <param name="parents">Ids of the node's parents; null when they are not known, and then not looked at.</param>
    /// <param name="taskCount">How many tasks the node has.</param>
    public static IReadOnlyList<ArgumentProblem> Check(AdapterSchema schema, JsonElement arguments, IReadOnlyCollection<string>? parents, int taskCount)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var problems = new List<ArgumentProblem>();
        if (schema.IsSingleTask && taskCount > 1)
        {
            problems.Add(new ArgumentProblem("", $"'{schema.Name}' reads one sequence, which cannot be divided among the node's {taskCount} tasks; use one task."));
        }

        if (arguments.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
        {
            problems.Add(new ArgumentProblem("", $"expected an object, found {Shown(arguments)}."));
            return problems;
        }

        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in arguments.ValueKind == JsonValueKind.Object ? arguments.EnumerateObject() : default)
        {
            if (schema.Arguments.All(argument => argument.Name != member.Name))
            {
                problems.Add(new ArgumentProblem(member.Name, $"'{schema.Name}' has no argument '{member.Name}'; it takes {Names(schema)}."));
            }
            else if (!given.TryAdd(member.Name, member.Value))
            {
                problems.Add(new ArgumentProblem(member.Name, $"'{member.Name}' is written twice; keep one."));
            }
        }

        foreach (var argument in schema.Arguments)
        {
            var isGiven = given.TryGetValue(argument.Name, out var value) && value.ValueKind != JsonValueKind.Null;
            if (!isGiven && argument.IsRequired)
            {
                problems.Add(new ArgumentProblem(argument.Name, $"'{schema.Name}' needs '{argument.Name}': {Wanted(argument)}."));
            }
            else if (isGiven && Judge(argument, value, parents) is { } problem)
            {
                problems.Add(new ArgumentProblem(argument.Name, problem));
            }
            else if (isGiven && argument.Excludes is { } other && given.TryGetValue(other, out var excluded) && excluded.ValueKind != JsonValueKind.Null)
            {
                problems.Add(new ArgumentProblem(argument.Name, $"'{argument.Name}' and '{other}' do not go together; keep one."));
            }
        }

        CheckTogether(schema, given, problems);
        return problems;
    }

    /// <summary>What a schema cannot say: one of several arguments is needed.</summary>
    private static void CheckTogether(AdapterSchema schema, Dictionary<string, JsonElement> given, List<ArgumentProblem> problems)
    {
        if (schema.Name == BuiltInAdapters.Cursor && !IsGiven("table") && !IsGiven("query"))
        {
            problems.Add(new ArgumentProblem("table", $"'{schema.Name}' needs 'table' or 'query'."));
        }

        bool IsGiven(string name) => given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;
    }

    private static string? Judge(AdapterArgument argument, JsonElement value, IReadOnlyCollection<string>? parents)
    {
        var fits = argument.Kind switch
        {
            AdapterArgumentKind.Text or AdapterArgumentKind.Parent => IsText(value) && (argument.Choices.Count == 0 || argument.Choices.Contains(value.GetString()!, StringComparer.Ordinal)),
            AdapterArgumentKind.TextList or AdapterArgumentKind.ParentList =>
                value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(IsText) && IsInRange(argument, value.GetArrayLength()),
            AdapterArgumentKind.WholeNumber => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && IsInRange(argument, number),
            AdapterArgumentKind.Number => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && IsInRange(argument, number),
            AdapterArgumentKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            AdapterArgumentKind.JsonObject => value.ValueKind == JsonValueKind.Object,
            _ => true,
        };
        if (!fits)
        {
            return $"expected {Wanted(argument)}, found {Shown(value)}.";
        }

        if (argument.Kind is not (AdapterArgumentKind.Parent or AdapterArgumentKind.ParentList))
        {
            return null;
        }

        string[] named = argument.Kind == AdapterArgumentKind.Parent ? [value.GetString()!] : [.. value.EnumerateArray().Select(item => item.GetString()!)];
        if (parents is not null && named.FirstOrDefault(name => !parents.Contains(name)) is { } stranger)
        {
            return $"'{Cut(stranger)}' is not a parent of this node; its parents: {(parents.Count == 0 ? "none" : string.Join(", ", parents))}.";
        }

        return named.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? $"'{twice.Key}' is listed twice; keep one."
            : null;
    }

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0;

    private static bool IsInRange(AdapterArgument argument, double number) => !(number < argument.Minimum) && !(number > argument.Maximum);

    private static string Names(AdapterSchema schema) =>
        schema.Arguments.Count == 0 ? "none" : string.Join(", ", schema.Arguments.Select(argument => argument.Name));

    private static string Wanted(AdapterArgument argument) => argument.Kind switch
    {
        AdapterArgumentKind.Text when argument.Choices.Count > 0 => $"one of '{string.Join("', '", argument.Choices)}'",
        AdapterArgumentKind.Text => "a text",
        AdapterArgumentKind.TextList => $"a list of texts{Range(argument, " with ", " of them")}",
        AdapterArgumentKind.WholeNumber => $"a whole number{Range(argument, " from ", "")}",
        AdapterArgumentKind.Number => $"a number{Range(argument, " from ", "")}",
        AdapterArgumentKind.Boolean => "true or false",
        AdapterArgumentKind.JsonObject => "an object",
        AdapterArgumentKind.Parent => "the id of a parent",
        AdapterArgumentKind.ParentList => "a list of ids of parents",
        _ => "a value",
    };

    private static string Range(AdapterArgument argument, string before, string after) => (argument.Minimum, argument.Maximum) switch
    {
        ({ } minimum, { } maximum) => string.Create(CultureInfo.InvariantCulture, $"{before}{minimum} to {maximum}{after}"),
        ({ } minimum, null) => string.Create(CultureInfo.InvariantCulture, $"{before}{minimum} or more{after}"),
        (null, { } maximum) => string.Create(CultureInfo.InvariantCulture, $"{before}{maximum} or less{after}"),
        _ => "",
    };

    private static string Shown(JsonElement value) => Cut(value.GetRawText());

    private static string Cut(string text) => text.Length > ShownCharsMax ? $"{text[..ShownCharsMax]}..." : text;
}
