namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary><c>CREATE FUNCTION name(parameters) RETURNS type LANGUAGE language [...] AS 'content' | FROM 'place'</c>.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Name">Of the function.</param>
public sealed record CreateFunctionStatement(int Start, string Name) : StreamStatement(Start)
{
    /// <summary>What it takes.</summary>
    public IReadOnlyList<StreamFunctionParameter> Parameters { get; init; } = [];

    /// <summary>Type of what it gives, as written.</summary>
    public string ResultType { get; init; } = "";

    /// <summary>In lower case: csharp, assembly, python.</summary>
    public string Language { get; init; } = "";

    /// <summary>What the user calls this version of it. Default empty.</summary>
    public string Version { get; init; } = "";

    /// <summary>The content as written, for an assembly in Base64; null: it is somewhere else.</summary>
    public string? Content { get; init; }

    /// <summary>A path, or the URL of an object; null: the content is written down.</summary>
    public string? From { get; init; }

    /// <summary>The SHA-256 that the content has to have, in hexadecimal digits; null: whatever it has.</summary>
    public string? Hash { get; init; }

    /// <summary>What in the content is called; empty: what has the function's name.</summary>
    public string Entry { get; init; } = "";

    /// <summary>Whether a row on which it fails gets null.</summary>
    public bool GivesNullOnError { get; init; }

    /// <summary>Where <c>FROM 'place'</c> is in the whole text.</summary>
    internal (int Start, int End) FromSpan { get; init; }
}

/// <summary>A parameter of a function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as written.</param>
/// <param name="IsNullable">Whether the function gets null; else a row with null gives null without a call.</param>
public sealed record StreamFunctionParameter(string Name, string Type, bool IsNullable);
