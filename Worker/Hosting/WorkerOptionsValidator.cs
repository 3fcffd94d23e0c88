using Microsoft.Extensions.Options;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class WorkerOptionsValidator : IValidateOptions<WorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, WorkerOptions options)
    {
        List<string> problems = [];
        if (options.WorkerId is { } id && !IdText.IsValid(id))
        {
            problems.Add(Describe(nameof(options.WorkerId), $"'{id}'", $"1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit"));
        }

        if (options.Gateway is { } gateway
            && !(Uri.TryCreate(gateway, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            problems.Add(Describe(nameof(options.Gateway), $"'{gateway}'", "an address such as http://127.0.0.1:8420"));
        }

        Check(nameof(options.Slots), options.Slots, 1, WorkerOptions.SlotsMax);
        Check(nameof(options.Prefetch), options.Prefetch, 0, WorkerOptions.SlotsMax);
        if (options.Version is { } version && !LabelText.IsValue(version))
        {
            problems.Add(Describe(nameof(options.Version), $"'{version}'", $"1 to {LabelText.MaxLength} characters without control characters"));
        }

        if (LabelText.Fault(options.Labels) is { } fault)
        {
            problems.Add($"{WorkerOptions.SectionName}:{nameof(options.Labels)}: {fault}.");
        }

        if (options.RoleVersions.FirstOrDefault(pair => !IdText.IsValid(pair.Key) || !LabelText.IsValue(pair.Value)) is { Key: not null } wrong)
        {
            problems.Add(Describe($"{nameof(options.RoleVersions)}:{wrong.Key}", $"'{wrong.Value}'", $"a role and 1 to {LabelText.MaxLength} characters without control characters"));
        }

        foreach (var role in options.Roles.Where(role => !IdText.IsValid(role)))
        {
            problems.Add(Describe(nameof(options.Roles), $"'{role}'", "roles that the worker has handlers for"));
        }

        Check(nameof(options.LeaseTtl), options.LeaseTtl ?? TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Check(nameof(options.HeartbeatInterval), options.HeartbeatInterval ?? TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(20));
        if (options.HeartbeatInterval is { } interval && options.LeaseTtl is { } lease && interval.Ticks > lease.Ticks / 3)
        {
            problems.Add($"{WorkerOptions.SectionName}:{nameof(options.HeartbeatInterval)} ({interval}) must be at most a third of {nameof(options.LeaseTtl)} ({lease}).");
        }

        Check(nameof(options.HealthPort), options.HealthPort ?? 0, 0, 65_535);
        Check(nameof(options.ShutdownGrace), options.ShutdownGrace, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(nameof(options.StopGrace), options.StopGrace, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Check(nameof(options.ConnectTimeout), options.ConnectTimeout ?? TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Check(nameof(options.ReportWindow), options.ReportWindow, 1, 256);
        Check(nameof(options.PrefetchBatches), options.PrefetchBatches, 1, 1024);
        Check(nameof(options.PrefetchBytes), options.PrefetchBytes, 1024L * 1024, 16L * 1024 * 1024 * 1024);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check<T>(string key, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                problems.Add(Describe(key, value.ToString()!, $"{min} to {max}"));
            }
        }
    }

    private static string Describe(string key, string value, string range) => $"{WorkerOptions.SectionName}:{key} is {value}; use {range}.";
}
