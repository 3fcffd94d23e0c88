using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace Orleans.Embedded;

/// <summary>Lets code that composes an <see cref="IHostBuilder"/> compose a <see cref="IHostApplicationBuilder"/>: what it asks for is done at once.</summary>
internal sealed class ApplicationHostBuilder : IHostBuilder
{
    private readonly IHostApplicationBuilder _inner;
    private readonly HostBuilderContext _context;

    public ApplicationHostBuilder(IHostApplicationBuilder inner)
    {
        _inner = inner;
        _context = new HostBuilderContext(Properties) { Configuration = inner.Configuration, HostingEnvironment = inner.Environment };
        TestClusterExtensions.Attach(this, inner.Configuration);
    }

    public IDictionary<object, object> Properties { get; } = new Dictionary<object, object>();

    public IHostBuilder ConfigureHostConfiguration(Action<IConfigurationBuilder> configureDelegate)
    {
        configureDelegate(_inner.Configuration);
        return this;
    }

    public IHostBuilder ConfigureAppConfiguration(Action<HostBuilderContext, IConfigurationBuilder> configureDelegate)
    {
        configureDelegate(_context, _inner.Configuration);
        return this;
    }

    public IHostBuilder ConfigureServices(Action<HostBuilderContext, IServiceCollection> configureDelegate)
    {
        configureDelegate(_context, _inner.Services);
        return this;
    }

    public IHostBuilder UseServiceProviderFactory<TContainerBuilder>(IServiceProviderFactory<TContainerBuilder> factory)
        where TContainerBuilder : notnull
    {
        _inner.ConfigureContainer(factory);
        return this;
    }

    public IHostBuilder UseServiceProviderFactory<TContainerBuilder>(Func<HostBuilderContext, IServiceProviderFactory<TContainerBuilder>> factory)
        where TContainerBuilder : notnull => UseServiceProviderFactory(factory(_context));

    public IHostBuilder ConfigureContainer<TContainerBuilder>(Action<HostBuilderContext, TContainerBuilder> configureDelegate) =>
        throw new NotSupportedException("A test cluster's host takes the container's settings with its factory: call UseServiceProviderFactory.");

    public IHost Build() => throw new NotSupportedException("The test cluster builds this host; a configurator only composes it.");
}
