using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>The handlers that serve every attempt of their role. Made at first use, from the host's own services; disposed with the host.</summary>
internal sealed class SharedHandlers(IServiceProvider services) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(RoleRegistration Role, RoleHandler Handler)> _handlers = [];

    public RoleHandler Of(RoleRegistration role)
    {
        lock (_gate)
        {
            foreach (var (known, handler) in _handlers)
            {
                if (ReferenceEquals(known, role))
                {
                    return handler;
                }
            }

            var made = role.Make(services);
            _handlers.Add((role, made));
            return made;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, handler) in _handlers)
        {
            switch (handler)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }
}
