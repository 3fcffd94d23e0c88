using Orleans.Storage;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Inserts, replaces or deletes one state of a grain, when its version is the expected one.</summary>
/// <param name="name">Name of the state.</param>
/// <param name="etag">The version that the caller read; null: no row was there.</param>
/// <param name="payload">UTF-8 JSON; null deletes.</param>
internal readonly struct StateRow(string name, string? etag, byte[]? payload)
{
    /// <summary>Version after this write.</summary>
    public long NextVersion { get; } = ParseVersion(etag) + 1;

    /// <summary>The etag after this write; null after a deletion.</summary>
    public string? NextETag => payload is null ? null : RowGrainStorage.EtagOf(NextVersion);

    public int StateBytes => payload?.Length ?? 0;

    /// <returns>Null when applied, else the reason why it is refused.</returns>
    public Exception? Apply(string grain, WriteStatements statements)
    {
        var expected = NextVersion - 1;
        var applied = (payload, expected) switch
        {
            (null, 0) => true,
            (null, _) => statements.DeleteState(grain, name, expected),
            (_, 0) => statements.InsertState(grain, name, NextVersion, payload),
            _ => statements.UpdateState(grain, name, expected, NextVersion, payload),
        };
        return applied
            ? null
            : new InconsistentStateException(
                $"State '{name}' of grain '{grain}' was changed by someone else since it was read.", "unknown", etag ?? "");
    }

    private static long ParseVersion(string? etag) =>
        long.TryParse(etag, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var version) ? version : 0;
}
