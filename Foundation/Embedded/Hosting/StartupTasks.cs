using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Runtime
{
    /// <summary>Runs once at the start of a silo.</summary>
    public interface IStartupTask
    {
        /// <summary>Runs.</summary>
        /// <param name="cancellationToken">Cancelled when the start is abandoned.</param>
        /// <returns>A task; its failure fails the start of the silo.</returns>
        Task Execute(CancellationToken cancellationToken);
    }
}

namespace Orleans.Hosting
{
    /// <summary>Tasks at the start of a silo.</summary>
    public static class SiloBuilderStartupExtensions
    {
        /// <summary>Adds a task.</summary>
        /// <typeparam name="TStartup">The task.</typeparam>
        /// <param name="builder">The silo.</param>
        /// <param name="stage">When it runs.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddStartupTask<TStartup>(this ISiloBuilder builder, int stage = ServiceLifecycleStage.Active)
            where TStartup : class, IStartupTask =>
            builder.AddStartupTask(static (services, token) => ActivatorUtilities.GetServiceOrCreateInstance<TStartup>(services).Execute(token), stage);

        /// <summary>Adds a task.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="startupTask">The task.</param>
        /// <param name="stage">When it runs.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddStartupTask(this ISiloBuilder builder, IStartupTask startupTask, int stage = ServiceLifecycleStage.Active) =>
            builder.AddStartupTask((_, token) => startupTask.Execute(token), stage);

        /// <summary>Adds a task.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="startupTask">The task.</param>
        /// <param name="stage">When it runs.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddStartupTask(
            this ISiloBuilder builder, Func<IServiceProvider, CancellationToken, Task> startupTask, int stage = ServiceLifecycleStage.Active)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(startupTask);
            builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new Participant(services, startupTask, stage));
            return builder;
        }

        private sealed class Participant(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task> task, int stage)
            : ILifecycleParticipant<ISiloLifecycle>
        {
            public void Participate(ISiloLifecycle lifecycle) =>
                lifecycle.Subscribe("startup task", stage, token => task(services, token));
        }
    }
}
