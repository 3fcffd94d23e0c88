namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>What an expression yields, as far as generating queries cares.</summary>
public enum SqlKind
{
    /// <summary>Whole numbers of any width.</summary>
    Whole,

    /// <summary>Decimals with two places.</summary>
    Exact,

    /// <summary>Text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Days.</summary>
    Date,

    /// <summary>Floating point: only in the result of the outermost query, because its last digits depend on the order of work.</summary>
    Rounded,
}
