using Orleans.Storage;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Inserts, replaces or deletes one grain's state, when its version is the expected one.</summary>
/// <param name="grain">Text of the grain's id.</param>
/// <param name="name">Name of the state.</param>
/// <param name="etag">The version that the caller read; null: no row was there.</param>
/// <param name="payload">UTF-8 JSON; null deletes.</param>
internal sealed class StateWrite(string grain, string name, string? etag, byte[]? payload) : StoreWrite
{
    /// <summary>Version after this write.</summary>
    public long NextVersion { get; } = ParseVersion(etag) + 1;

    public override int StateBytes => payload?.Length ?? 0;

    /// <summary>Applies this write as a part of another one.</summary>
    public Exception? ApplyTo(WriteStatements statements) => Apply(statements);

    protected override Exception? Apply(WriteStatements statements)
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
