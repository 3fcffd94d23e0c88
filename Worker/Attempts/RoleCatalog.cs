using System.Collections.Frozen;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Worker.Attempts;

/// <summary>The roles that this worker serves.</summary>
public sealed class RoleCatalog
{
    private readonly FrozenDictionary<string, RoleRegistration> _byRole;

    /// <summary>Collects registrations.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: none is given, or two handlers claim one role.</exception>
    public RoleCatalog(IEnumerable<RoleRegistration> registrations)
    {
        ArgumentNullException.ThrowIfNull(registrations);
        var byRole = new Dictionary<string, RoleRegistration>(StringComparer.Ordinal);
        foreach (var registration in registrations.OrderBy(registration => registration.IsBuiltIn))
        {
            if (byRole.TryAdd(registration.Role, registration) || registration.IsBuiltIn || IsSame(byRole[registration.Role], registration))
            {
                continue;
            }

            throw new FlowException(
                FlowErrorCode.BadOption,
                $"Two handlers claim role '{registration.Role}': {byRole[registration.Role].HandlerType} and {registration.HandlerType}. Keep one AddHandler call.");
        }

        if (byRole.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadOption, "The worker serves no role: add one with AddOrleansFlowWorker().AddHandler<THandler>(\"role\").");
        }

        Roles = [.. byRole.Keys.Order(StringComparer.Ordinal)];
        _byRole = byRole.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The roles, in ordinal order.</summary>
    public IReadOnlyList<string> Roles { get; }

    /// <summary>The same catalog with some of its roles; all of them when none is named.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: a role has no handler.</exception>
    internal RoleCatalog Only(ICollection<string> roles)
    {
        if (roles.Count == 0)
        {
            return this;
        }

        if (roles.FirstOrDefault(role => Find(role) is null) is { } unknown)
        {
            throw new FlowException(
                FlowErrorCode.BadOption,
                $"OrleansFlow:Worker:Roles (roles) names '{unknown}', for which there is no handler; there are: {string.Join(", ", Roles)}.{NearestName.Hint(unknown, Roles)}");
        }

        return new RoleCatalog(roles.Distinct(StringComparer.Ordinal).Select(role => _byRole[role]));
    }

    /// <summary>The version of each role that has one: as configured, else as its handler says.</summary>
    internal Dictionary<string, string> VersionsWith(IReadOnlyDictionary<string, string> configured)
    {
        var versions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var role in Roles)
        {
            if ((configured.TryGetValue(role, out var version) ? version : _byRole[role].Version) is { } known)
            {
                versions.Add(role, known);
            }
        }

        return versions;
    }

    /// <summary>The workflows whose roles it serves, each once, in the order of the roles.</summary>
    internal IReadOnlyList<IWorkflowSteps> Workflows =>
        [.. Roles.Select(role => _byRole[role].Workflow).OfType<IWorkflowSteps>().Distinct()];

    private static bool IsSame(RoleRegistration one, RoleRegistration other) => one.HandlerType == other.HandlerType && ReferenceEquals(one.Workflow, other.Workflow);

    /// <summary>The registration of a role; null when this worker does not serve it.</summary>
    public RoleRegistration? Find(string role) => _byRole.GetValueOrDefault(role);
}
