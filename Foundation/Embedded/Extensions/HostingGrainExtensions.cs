using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Hosting;

/// <summary>Extensions for every grain of a silo.</summary>
public static class HostingGrainExtensions
{
    /// <summary>Registers the class that serves an extension interface on grains that attach none themselves. One object is made for each activation.</summary>
    /// <typeparam name="TExtensionInterface">The interface.</typeparam>
    /// <typeparam name="TExtension">The class.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddGrainExtension<TExtensionInterface, TExtension>(this ISiloBuilder builder)
        where TExtensionInterface : class, IGrainExtension
        where TExtension : class, TExtensionInterface
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedTransient<IGrainExtension, TExtension>(typeof(TExtensionInterface));
        return builder;
    }
}
