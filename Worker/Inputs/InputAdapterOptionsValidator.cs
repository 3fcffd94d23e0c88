using Microsoft.Extensions.Options;

namespace OrleansFlow.Worker.Inputs;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class InputAdapterOptionsValidator : IValidateOptions<InputAdapterOptions>
{
    public ValidateOptionsResult Validate(string? name, InputAdapterOptions options)
    {
        List<string> problems = [];
        Check(nameof(options.PollDefault), options.PollDefault, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Check(nameof(options.BackoffMax), options.BackoffMax, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Check(nameof(options.FilesMax), options.FilesMax, 1, 10_000_000);
        Check(nameof(options.EngineMemoryBytes), options.EngineMemoryBytes, 64L << 20, 1L << 40);
        for (var i = 0; i < options.Roots.Count; i++)
        {
            if (!Path.IsPathFullyQualified(options.Roots[i]))
            {
                problems.Add($"{InputAdapterOptions.SectionName}:{nameof(options.Roots)}:{i} is '{options.Roots[i]}'; use an absolute path.");
            }
        }

        foreach (var (key, connection) in options.Connections.OrderBy(connection => connection.Key, StringComparer.Ordinal))
        {
            if (string.IsNullOrWhiteSpace(connection.Provider) || string.IsNullOrWhiteSpace(connection.ConnectionString))
            {
                problems.Add($"{InputAdapterOptions.SectionName}:{nameof(options.Connections)}:{key} needs {nameof(connection.Provider)} and {nameof(connection.ConnectionString)}.");
            }
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check<T>(string key, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                problems.Add($"{InputAdapterOptions.SectionName}:{key} is {value}; use {min} to {max}.");
            }
        }
    }
}
