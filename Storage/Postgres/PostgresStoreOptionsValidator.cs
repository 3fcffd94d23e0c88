using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using OrleansFlow.Hosting;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Checks every option and names key, value and range of each that is wrong; never the connection string, which may hold a password.</summary>
internal sealed partial class PostgresStoreOptionsValidator : IValidateOptions<PostgresStoreOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PostgresStoreOptions options)
    {
        var faults = new List<string>();
        if (ConnectionFault(options.ConnectionString) is { } problem)
        {
            faults.Add($"{PostgresStoreOptions.SectionName}:ConnectionString {problem}.");
        }

        if (!SchemaName().IsMatch(options.Schema))
        {
            faults.Add($"{PostgresStoreOptions.SectionName}:Schema is '{options.Schema}'; use a lower-case name of at most 63 letters, digits and underscores.");
        }

        Check(nameof(options.OwnerTimeout), options.OwnerTimeout, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));
        Check(nameof(options.GroupWritesMax), options.GroupWritesMax, 1, 16_384);
        Check(nameof(options.GroupBytesMax), options.GroupBytesMax, 64 * 1024, 256 * 1024 * 1024);
        Check(nameof(options.QueueWritesMax), options.QueueWritesMax, 1, 1_048_576);
        Check(nameof(options.WriteConnections), options.WriteConnections, 1, 32);
        Check(nameof(options.ReadConnectionsMax), options.ReadConnectionsMax, 1, 256);
        Check(nameof(options.StatementTimeout), options.StatementTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        Check(nameof(options.OutageTimeout), options.OutageTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(nameof(options.ReconnectDelayMax), options.ReconnectDelayMax, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

        void Check<T>(string key, T value, T min, T max)
            where T : IComparable<T>
        {
            if (OptionRange.Fault(PostgresStoreOptions.SectionName, key, value, min, max) is { } fault)
            {
                faults.Add(fault);
            }
        }
    }

    private static string? ConnectionFault(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "is empty; say where the database is: Host=...;Database=...;Username=...";
        }

        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host) ? "names no Host" : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or NotSupportedException)
        {
            return $"cannot be read: {exception.Message.TrimEnd('.')}";
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
