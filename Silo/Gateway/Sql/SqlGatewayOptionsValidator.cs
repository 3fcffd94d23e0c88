using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;
using OrleansFlow.Silo.Gateway.Sql.Databases;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Gateway.SystemTables;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class SqlGatewayOptionsValidator : IValidateOptions<SqlGatewayOptions>
{
    // Names that mean something else in a statement.
    private static readonly string[] Reserved = [SqlTableName.Registered, SqlTableName.Runs, StreamLogs.Namespace, SystemNames.Schema, "main", "memory", "temp", "pg_catalog", "information_schema"];

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SqlGatewayOptions options)
    {
        const string section = SqlGatewayOptions.SectionName;
        string?[] faults =
        [
            OptionRange.Fault(section, nameof(options.SessionsMax), options.SessionsMax, 1, 256),
            OptionRange.Fault(section, nameof(options.SessionWait), options.SessionWait, TimeSpan.Zero, TimeSpan.FromHours(1)),
            OptionRange.Fault(section, nameof(options.MemoryLimitBytes), options.MemoryLimitBytes, 64L << 20, 1L << 40),
            OptionRange.Fault(section, nameof(options.ThreadCount), options.ThreadCount, 1, 1_024),
            OptionRange.Fault(section, nameof(options.TimeLimit), options.TimeLimit, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)),
            OptionRange.Fault(section, nameof(options.PreparedMax), options.PreparedMax, 1, 100_000),
            OptionRange.Fault(section, nameof(options.ParameterBytesMax), options.ParameterBytesMax, 1_024, 16 << 20),
            OptionRange.Fault(section, nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            OptionRange.Fault(section, nameof(options.FileGrace), options.FileGrace, TimeSpan.Zero, TimeSpan.FromDays(30)),
            .. Faults(nameof(options.DataFolders), options.DataFolders),
            .. Faults(nameof(options.WritableFolders), options.WritableFolders),
            .. options.Databases.Select(database => Fault(database.Key, database.Value)),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }

    private static string? Fault(string name, AttachedDatabaseOptions database)
    {
        var key = $"{SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.Databases)}:{name}";
        var isDuckDb = database.Type.Equals(AttachedDatabases.DuckDbType, StringComparison.OrdinalIgnoreCase);
        return !IdText.IsValid(name) || Reserved.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? $"{key}: '{name}' cannot name a database; use letters, digits, '_', '-' or '.', and none of {string.Join(", ", Reserved)}."
            : !isDuckDb && !database.Type.Equals(AttachedDatabases.PostgresType, StringComparison.OrdinalIgnoreCase)
            ? $"{key}:{nameof(database.Type)} is '{database.Type}'; use {AttachedDatabases.DuckDbType} or {AttachedDatabases.PostgresType}."
            : isDuckDb && !Path.IsPathFullyQualified(database.Path) ? $"{key}:{nameof(database.Path)} is '{database.Path}'; use an absolute path."
            : !isDuckDb && string.IsNullOrWhiteSpace(database.ConnectionString)
            ? $"{key}:{nameof(database.ConnectionString)} is blank; say how the database is reached, in Npgsql's words."
            : null;
    }

    private static IEnumerable<string?> Faults(string key, IList<string> folders) => folders.Select((folder, index) => Path.IsPathFullyQualified(folder)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{SqlGatewayOptions.SectionName}:{key}:{index} is '{folder}'; use an absolute path."));
}
