namespace OrleansFlow.Workflows.Contexts;

/// <summary>What <see cref="MergeLaws"/> checks; see <see cref="IMergeable{TSelf}"/>.</summary>
[Flags]
public enum MergeLaw
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Merging the empty value, from either side, changes nothing.</summary>
    Identity = 1,

    /// <summary>Three values merge to the same whichever two are merged first.</summary>
    Associativity = 2,

    /// <summary>Merging a value with itself changes nothing.</summary>
    Idempotence = 4,

    /// <summary>Two values merge to the same in either order.</summary>
    Commutativity = 8,

    /// <summary>A delta turns the value it was made against into the value it was made from.</summary>
    Delta = 16,

    /// <summary>The JSON form reads back as an equal value that merges as the original does.</summary>
    Json = 32,

    /// <summary>All of them.</summary>
    All = Identity | Associativity | Idempotence | Commutativity | Delta | Json,
}
