using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>What the engine says of files, as failures with codes that a caller can act on.</summary>
public static class TableErrors
{
    private const string ArrowFile = "The Arrow file '";

    private static readonly string[] Missing = ["No files found that match", "Cannot open file", "could not open file", "No such file", ArrowFile, "does not exist (any more)"];

    // What the reader of pages and its decompressors throw.
    private static readonly string[] TornPages =
    [
        "TProtocolException", "don't know what type", "Variable-length int", "Snappy decompression failure", "Decompression failure", "decompression failure", "Corrupt",
    ];

    private static readonly string[] Unlike = ["schema mismatch", "Schema mismatch", "failed to cast column", "Hive partition mismatch"];

    /// <summary>
    /// A failure for what the engine said while it read a table: a file that is gone or cannot be read is <see cref="FlowErrorCode.DataFileMissing"/>,
    /// files that do not fit together are <see cref="FlowErrorCode.BadInput"/>, everything else is <see cref="FlowErrorCode.EngineError"/>.
    /// </summary>
    /// <param name="exception">The engine's failure; its message names the file.</param>
    public static FlowException ToFlowException(EngineException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var message = exception.Message;
        if (Has(message, Unlike))
        {
            return new FlowException(FlowErrorCode.BadInput, message, exception);
        }

        return exception.Kind == EngineErrorKind.InputOutput || Has(message, Missing) || IsCorrupt(message)
            ? new FlowException(FlowErrorCode.DataFileMissing, message, exception)
            : new FlowException(FlowErrorCode.EngineError, message, exception);
    }

    /// <summary>Whether the engine met a page that is no page, of which it does not say the file.</summary>
    /// <param name="exception">The engine's failure.</param>
    public static bool IsTornPage(EngineException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Has(exception.Message, TornPages);
    }

    internal static FlowException Gone(string path, Exception? cause = null) =>
        new(FlowErrorCode.DataFileMissing, $"The file '{path}' does not exist (any more), or may not be read.", cause);

    internal static FlowException Corrupt(string path, EngineException cause) =>
        new(FlowErrorCode.DataFileMissing, $"The file '{path}' cannot be read as Parquet; write it again or leave it out. {cause.Message}", cause);

    internal static FlowException CorruptArrow(string path, Exception cause) =>
        new(FlowErrorCode.DataFileMissing, $"{ArrowFile}{path}' cannot be read; write it again or leave it out. {cause.Message}", cause);

    // The reader of Parquet calls most broken files invalid input, as it does for wrong arguments.
    private static bool IsCorrupt(string message) =>
        message.Contains("Parquet file", StringComparison.OrdinalIgnoreCase)
        || message.Contains("No magic bytes", StringComparison.Ordinal)
        || message.Contains("TProtocolException", StringComparison.Ordinal);

    private static bool Has(string message, string[] parts) => Array.Exists(parts, part => message.Contains(part, StringComparison.Ordinal));
}
