namespace OrleansFlow.Streaming.Udfs;

/// <summary>What users' functions are written in, as programs name it.</summary>
public static class FunctionLanguage
{
    /// <summary>C# source, which the worker compiles.</summary>
    public const string CSharp = "csharp";

    /// <summary>A .NET assembly.</summary>
    public const string Assembly = "assembly";

    /// <summary>Python source, which runs in a process of its own.</summary>
    public const string Python = "python";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [CSharp, Assembly, Python];
}
