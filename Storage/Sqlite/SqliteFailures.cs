using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to a caller. Source: sqlite.org, "Result and Error Codes".</summary>
internal static class SqliteFailures
{
    private const int Full = 13;
    private const int NotADatabase = 26;
    private const int Corrupt = 11;

    public static FlowException Translate(SqliteException exception, string databasePath) => exception.SqliteErrorCode switch
    {
        Full => new FlowException(
            FlowErrorCode.StoreFull,
            $"The store '{databasePath}' is full; nothing of the write was kept. Free disk space or raise {SqliteStoreOptions.SectionName}:PagesMax.",
            exception),
        NotADatabase or Corrupt => new FlowException(
            FlowErrorCode.StateCorrupt, $"'{databasePath}' is damaged or is not a SQLite database: {exception.Message}. Restore a backup.", exception),
        _ => new FlowException(
            FlowErrorCode.StoreUnavailable,
            $"The store '{databasePath}' failed ({exception.Message}); whether the write took effect is not known. It is safe to try again.",
            exception),
    };
}
