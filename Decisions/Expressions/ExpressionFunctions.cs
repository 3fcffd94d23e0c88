using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>A function of the language.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ArgumentsMin">Fewest arguments.</param>
/// <param name="ArgumentsMax">Most arguments.</param>
/// <param name="Call">Its value; throws nothing.</param>
internal sealed record ExpressionFunction(string Name, int ArgumentsMin, int ArgumentsMax, Func<ImmutableArray<ExpressionValue>, ExpressionValue> Call);

/// <summary>The functions but <c>regex_match</c>, whose pattern the parser reads.</summary>
internal static class ExpressionFunctions
{
    public const string RegexMatch = "regex_match";

    private static readonly ImmutableSortedDictionary<string, ExpressionFunction> All = new ExpressionFunction[]
    {
        new("coalesce", 1, 16, static values => values.FirstOrDefault(value => !value.IsNull)),
        new("contains", 2, 2, static values => ExpressionValue.Of(Contains(values[0], values[1]))),
        new("ends_with", 2, 2, static values => ExpressionValue.Of(AreTexts(values) && values[0].Text.EndsWith(values[1].Text, StringComparison.Ordinal))),
        new("len", 1, 1, static values => values[0].Count() is { } count ? ExpressionValue.Of(count) : ExpressionValue.Null),
        new("starts_with", 2, 2, static values => ExpressionValue.Of(AreTexts(values) && values[0].Text.StartsWith(values[1].Text, StringComparison.Ordinal))),
    }.ToImmutableSortedDictionary(function => function.Name, function => function, StringComparer.Ordinal);

    /// <summary>The names, for messages.</summary>
    public static string Names => string.Join(", ", All.Keys.Append(RegexMatch).Order(StringComparer.Ordinal));

    public static ExpressionFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>An item of a list, a part of a text, or a member's name of an object.</summary>
    public static bool Contains(ExpressionValue whole, ExpressionValue part) => whole.Kind switch
    {
        ExpressionValueKind.List => whole.Items.Contains(part),
        ExpressionValueKind.Text => part.Kind == ExpressionValueKind.Text && whole.Text.Contains(part.Text, StringComparison.Ordinal),
        ExpressionValueKind.Map => part.Kind == ExpressionValueKind.Text && !whole.Member(part.Text).IsNull,
        _ => false,
    };

    private static bool AreTexts(ImmutableArray<ExpressionValue> values) =>
        values[0].Kind == ExpressionValueKind.Text && values[1].Kind == ExpressionValueKind.Text;
}
