namespace OrleansFlow.Engine;

/// <summary>What went wrong in the engine, as far as a caller would act on it differently.</summary>
public enum EngineErrorKind
{
    /// <summary>The engine gave no kind, or one that has none here.</summary>
    Unknown = 0,

    /// <summary>The text is not SQL.</summary>
    Syntax = 1,

    /// <summary>Names or types in the statement do not fit together.</summary>
    Binder = 2,

    /// <summary>A table, view, function or type does not exist, or exists already.</summary>
    Catalog = 3,

    /// <summary>A constraint of a table would be broken.</summary>
    Constraint = 4,

    /// <summary>A value cannot be converted to the wanted type.</summary>
    Conversion = 5,

    /// <summary>A value is outside the range of its type.</summary>
    OutOfRange = 6,

    /// <summary>Division by zero.</summary>
    DivideByZero = 7,

    /// <summary>The memory limit was reached and nothing more could be moved to disk.</summary>
    OutOfMemory = 8,

    /// <summary>A file could not be read or written.</summary>
    InputOutput = 9,

    /// <summary>The statement was interrupted by somebody other than the caller's token.</summary>
    Interrupted = 10,

    /// <summary>A parameter or argument is wrong.</summary>
    InvalidInput = 11,

    /// <summary>The engine cannot do this.</summary>
    NotSupported = 12,

    /// <summary>The transaction failed or is in the wrong state.</summary>
    Transaction = 13,

    /// <summary>The configuration forbids it.</summary>
    Permission = 14,

    /// <summary>An option of the instance is wrong.</summary>
    Settings = 15,

    /// <summary>An error inside the engine; the instance should be closed.</summary>
    Internal = 16,

    /// <summary>A registered source of batches failed; the inner exception says how.</summary>
    Source = 17,

    /// <summary>The native library is missing or cannot be loaded.</summary>
    Library = 18,
}
