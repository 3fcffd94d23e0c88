using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>A failure inside the engine, with DuckDB's own message.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Makes an exception of a kind.</summary>
    /// <param name="message">DuckDB's message, or ours when the failure is before it.</param>
    /// <param name="kind">What a caller may act on.</param>
    /// <param name="innerException">The failure of a registered source, if that is the cause.</param>
    public EngineException(string message, EngineErrorKind kind, Exception? innerException = null)
        : base(message, innerException) =>
        Kind = kind;

    /// <summary>What a caller may act on.</summary>
    public EngineErrorKind Kind { get; }

    /// <summary>The five-character code of SQL's standard or PostgreSQL's that is closest to <see cref="Kind"/>.</summary>
    public string SqlState => Kind switch
    {
        EngineErrorKind.Syntax => "42601",
        EngineErrorKind.Binder => "42000",
        EngineErrorKind.Catalog => "42P01",
        EngineErrorKind.Constraint => "23000",
        EngineErrorKind.Conversion => "22018",
        EngineErrorKind.OutOfRange => "22003",
        EngineErrorKind.DivideByZero => "22012",
        EngineErrorKind.OutOfMemory => "53200",
        EngineErrorKind.InputOutput => "58030",
        EngineErrorKind.Interrupted => "57014",
        EngineErrorKind.InvalidInput => "22023",
        EngineErrorKind.NotSupported => "0A000",
        EngineErrorKind.Transaction => "25000",
        EngineErrorKind.Permission => "42501",
        EngineErrorKind.Settings => "F0000",
        EngineErrorKind.Source => "58000",
        EngineErrorKind.Library => "58000",
        _ => "XX000",
    };

    /// <summary>From a message alone: DuckDB starts it with the name of the error type.</summary>
    internal static EngineException FromMessage(string? message) =>
        new(message ?? "The engine failed without a message.", KindOf(message));

    /// <summary>From a message and the number of <c>duckdb_error_type</c>.</summary>
    internal static EngineException FromNative(string? message, int errorType)
    {
        var kind = KindOf(errorType);
        return new(message ?? "The engine failed without a message.", kind == EngineErrorKind.Unknown ? KindOf(message) : kind);
    }

    /// <summary>Throws when <paramref name="error"/> holds one, and frees it in any case.</summary>
    internal static void ThrowIfError(nint error)
    {
        if (TakeError(error) is { } exception)
        {
            throw exception;
        }
    }

    /// <summary>The exception in a <c>duckdb_error_data</c>, or null; frees it.</summary>
    internal static EngineException? TakeError(nint error)
    {
        if (error == 0)
        {
            return null;
        }

        try
        {
            return DuckDb.ErrorDataHasError(error)
                ? FromNative(Marshal.PtrToStringUTF8(DuckDb.ErrorDataMessage(error)), DuckDb.ErrorDataType(error))
                : null;
        }
        finally
        {
            DuckDb.DestroyErrorData(ref error);
        }
    }

    private static EngineErrorKind KindOf(int errorType) => errorType switch
    {
        1 => EngineErrorKind.OutOfRange,
        2 or 3 or 5 => EngineErrorKind.Conversion,
        4 => EngineErrorKind.OutOfRange,
        6 => EngineErrorKind.DivideByZero,
        10 => EngineErrorKind.Transaction,
        11 => EngineErrorKind.NotSupported,
        13 => EngineErrorKind.Catalog,
        14 or 22 => EngineErrorKind.Syntax,
        18 => EngineErrorKind.Constraint,
        24 or 12 => EngineErrorKind.Binder,
        28 or 25 or 38 => EngineErrorKind.InputOutput,
        29 => EngineErrorKind.Interrupted,
        30 or 31 => EngineErrorKind.Internal,
        32 or 35 or 36 or 8 => EngineErrorKind.InvalidInput,
        33 => EngineErrorKind.OutOfMemory,
        34 => EngineErrorKind.Permission,
        39 or 40 => EngineErrorKind.NotSupported,
        23 or 42 => EngineErrorKind.Settings,
        _ => EngineErrorKind.Unknown,
    };

    private static EngineErrorKind KindOf(string? message)
    {
        var end = message?.IndexOf(" Error:", StringComparison.Ordinal) ?? -1;
        return end < 0
            ? EngineErrorKind.Unknown
            : message![..end] switch
            {
                "Parser" or "Syntax" => EngineErrorKind.Syntax,
                "Binder" or "Expression" => EngineErrorKind.Binder,
                "Catalog" => EngineErrorKind.Catalog,
                "Constraint" => EngineErrorKind.Constraint,
                "Conversion" or "Mismatch Type" => EngineErrorKind.Conversion,
                "Out of Range" => EngineErrorKind.OutOfRange,
                "Divide by Zero" => EngineErrorKind.DivideByZero,
                "Out of Memory" => EngineErrorKind.OutOfMemory,
                "IO" or "HTTP" => EngineErrorKind.InputOutput,
                "INTERRUPT" => EngineErrorKind.Interrupted,
                "Invalid Input" or "Invalid type" or "Parameter Not Resolved" or "Parameter Not Allowed" => EngineErrorKind.InvalidInput,
                "Not implemented" or "Missing Extension" or "Extension Autoloading" => EngineErrorKind.NotSupported,
                "TransactionContext" => EngineErrorKind.Transaction,
                "Permission" => EngineErrorKind.Permission,
                "Settings" or "Invalid Configuration" => EngineErrorKind.Settings,
                "INTERNAL" or "FATAL" => EngineErrorKind.Internal,
                _ => EngineErrorKind.Unknown,
            };
    }
}
