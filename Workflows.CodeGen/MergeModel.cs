namespace OrleansFlow.Workflows.CodeGen;

/// <summary>A member that merges.</summary>
/// <param name="Name">As it is written in code.</param>
/// <param name="Type">Its type, fully qualified.</param>
/// <param name="Parameter">Place among the constructor's parameters; -1 where it is set after the call.</param>
/// <param name="IsInitialized">True where an initializer sets it.</param>
internal sealed record MergeMember(string Name, string Type, int Parameter, bool IsInitialized);

/// <summary>A type with [Mergeable], as far as its code asks.</summary>
internal sealed record MergeModel
{
    public string FileName { get; init; } = "";

    /// <summary>Empty for the global namespace.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The declarations around it and its own, the outermost first: <c>partial record Order&lt;T&gt;</c>.</summary>
    public ModelList<string> Declarations { get; init; }

    /// <summary>Its name with type parameters, as code inside it says it.</summary>
    public string Type { get; init; } = "";

    public bool IsValueType { get; init; }

    /// <summary>True where the compiler writes no equality that suits.</summary>
    public bool NeedsEquality { get; init; }

    public bool HasEmpty { get; init; }

    public bool HasMerge { get; init; }

    public bool HasDelta { get; init; }

    public ModelList<MergeMember> Members { get; init; }

    public ModelList<MergeProblem> Problems { get; init; }
}
