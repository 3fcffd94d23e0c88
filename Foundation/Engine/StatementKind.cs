namespace OrleansFlow.Engine;

/// <summary>What a statement does, as far as its caller must know.</summary>
public enum StatementKind
{
    /// <summary>Something else: settings, transactions, files, extensions, calls.</summary>
    Other = 0,

    /// <summary>Gives rows and changes nothing.</summary>
    Select = 1,

    /// <summary>Adds rows to a table.</summary>
    Insert = 2,

    /// <summary>Changes rows of a table.</summary>
    Update = 3,

    /// <summary>Explains a plan; with ANALYZE it runs what it explains.</summary>
    Explain = 4,

    /// <summary>Removes rows of a table.</summary>
    Delete = 5,

    /// <summary>Makes a table, view or the like.</summary>
    Create = 7,

    /// <summary>Removes a table, view or the like.</summary>
    Drop = 15,
}
