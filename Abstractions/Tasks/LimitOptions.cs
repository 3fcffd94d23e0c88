using System.ComponentModel.DataAnnotations;
using OrleansFlow.Hosting;

namespace OrleansFlow.Tasks;

/// <summary>How many tasks, of runs and standalone ones, may be in hand at once: leased or backing off. Section: <c>OrleansFlow:Limits</c>.</summary>
/// <remarks>
/// Read once when a silo starts; the same in every silo of a cluster. A node's own limit is in its graph (<c>concurrency</c>). Where nothing is
/// limited a task costs nothing for it; where something is, its queue is told of its end, and the limit of all roles is asked for in parts.
/// </remarks>
public sealed class LimitOptions : IValidatableObject
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Limits";

    private const int Most = 1_000_000;

    /// <summary>Most tasks of all roles together. Smaller: less load on what all handlers share, longer waits.</summary>
    /// <value>Default null: any number. Range 1 to 1 000 000.</value>
    public int? Total { get; set; }

    /// <summary>Most tasks of one role, for each role that is not in <see cref="Roles"/>. Smaller: less load on what the handlers use, longer waits.</summary>
    /// <value>Default null: any number. Range 1 to 1 000 000.</value>
    public int? EachRole { get; set; }

    /// <summary>Most tasks of a role, by its name.</summary>
    /// <value>Default none. Range of each 1 to 1 000 000.</value>
    public IDictionary<string, int> Roles { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>The limit of a role; null for none.</summary>
    public int? OfRole(string role) => Roles.TryGetValue(role, out var limit) ? limit : EachRole;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Total is { } total && OptionRange.Fault(SectionName, nameof(Total), total, 1, Most) is { } tooMany)
        {
            yield return new ValidationResult(tooMany, [nameof(Total)]);
        }

        if (EachRole is { } each && OptionRange.Fault(SectionName, nameof(EachRole), each, 1, Most) is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(EachRole)]);
        }

        foreach (var (role, limit) in Roles)
        {
            if (OptionRange.Fault(SectionName, $"{nameof(Roles)}:{role}", limit, 1, Most) is { } wrong)
            {
                yield return new ValidationResult(wrong, [nameof(Roles)]);
            }
        }
    }
}
