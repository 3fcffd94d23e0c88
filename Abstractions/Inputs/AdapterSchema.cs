namespace OrleansFlow.Inputs;

/// <summary>What an input adapter is called and which arguments it takes. An argument that is not listed is refused.</summary>
/// <param name="Name">Its name: 1 to 128 letters, digits, <c>_</c>, <c>-</c>, <c>.</c> or <c>:</c>, the first a letter or digit.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record AdapterSchema(string Name, IReadOnlyList<AdapterArgument> Arguments)
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 128;

    /// <summary>Longest name of an argument, in characters.</summary>
    public const int ArgumentNameLengthMax = 64;

    /// <summary>Other names that mean the same adapter.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>True: its input cannot be divided, so a node that uses it has one task. Default false.</summary>
    public bool IsSingleTask { get; init; }

    /// <summary>Whether a text can be the name of an adapter.</summary>
    public static bool IsName(string? text) => text is { Length: > 0 and <= NameLengthMax } && char.IsAsciiLetterOrDigit(text[0])
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' or ':');

    /// <summary>Whether a text can be the name of an argument.</summary>
    public static bool IsArgumentName(string? text) => text is { Length: > 0 and <= ArgumentNameLengthMax }
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
